//! The tray's supervisor on real processes: the real program as the service, a simulated OpenRouter behind it.

#![cfg(unix)]
#![expect(clippy::expect_used, clippy::panic, reason = "these are tests")]

mod driving;
mod world;
