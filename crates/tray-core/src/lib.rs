//! What the tray knows and decides, without a screen.
//!
//! [`supervisor`], [`facts`], [`roles`], [`menu`] and [`notice`] are pure: events, states and the time go in; effects, entries and
//! notifications come out. [`driver`] carries the supervisor's effects out on real processes. The tray itself
//! (`src-tauri`) draws what comes out of here, and nothing more.

pub mod driver;
pub mod facts;
pub mod menu;
pub mod notice;
pub mod panel;
pub mod roles;
pub mod supervisor;
mod version;
