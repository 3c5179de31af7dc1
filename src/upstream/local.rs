//! Tasks of HTTP/2 stay on the worker's thread.

use hyper::rt::Executor;

/// Spawns onto the local runtime of the current thread.
#[derive(Debug, Clone, Copy)]
pub struct LocalExecutor;

impl<F: Future + 'static> Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(async move {
            future.await;
        });
    }
}
