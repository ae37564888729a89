//! The monotonic clock, as every process of this machine reads it: the simulator stamps events with it.

/// Nanoseconds of `CLOCK_MONOTONIC`.
#[must_use]
pub fn nanos() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    let nanos = u64::try_from(now.tv_nsec).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// Waits: a pace to keep, or a moment before something is looked at again.
#[expect(clippy::disallowed_methods, reason = "no runtime here whose timers could be awaited")]
pub fn wait(time: std::time::Duration) {
    std::thread::sleep(time);
}
