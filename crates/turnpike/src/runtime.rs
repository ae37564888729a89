//! The one runtime of the process.

use tokio::runtime::{Builder, Runtime};

use crate::exit::Failure;

/// Threads that poll. With one, no event of a stream waits for another thread to be woken; what takes long (a large
/// body) leaves this thread for its time.
const WORKERS: usize = 1;
/// Threads for what blocks on the disk. They end when they have been idle for some seconds.
const MOST_BLOCKING: usize = 16;

/// Starts it.
pub(crate) fn start() -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(MOST_BLOCKING)
        .thread_name("turnpike")
        .enable_all()
        .build();
    built.map_err(|error| Failure::plain(format!("the system lets no threads be started: {error}")))
}
