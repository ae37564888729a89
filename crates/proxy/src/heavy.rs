//! Work on large bodies, off the thread that polls.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Bodies from this size on take longer than a stream's next event should wait.
const LARGE: usize = 256 * 1024;

/// Runs `work` on a body of so many bytes. For a large one the other requests are polled elsewhere meanwhile.
pub(crate) fn with_body<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    // A runtime of one thread (as in most tests) has nowhere else to poll.
    let elsewhere =
        Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes >= LARGE && elsewhere { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn other_tasks_run_while_a_large_body_is_worked_on() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let met = runtime.block_on(runtime.spawn(async {
            let (ask, asked) = std::sync::mpsc::channel();
            tokio::spawn(async move { ask.send(()) });
            // The other task can only run on another thread than the one that waits here for it.
            with_body(LARGE, || asked.recv_timeout(Duration::from_secs(20)).is_ok())
        }));
        assert!(met.unwrap());
    }

    #[test]
    fn small_bodies_and_single_threads_are_worked_on_in_place() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(async { with_body(LARGE, || 1) }) + with_body(10, || 1), 2);
    }
}
