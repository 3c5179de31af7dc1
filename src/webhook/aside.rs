//! Work that takes long, on a thread aside: a worker is one thread, and whatever computes on it delays all its callers.

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::refusal::{Refusal, Why};

/// How long a body may be, in bytes, that is read where it is: a fraction of a millisecond.
const MUCH: usize = 128 << 10;
/// How many bodies are read aside at a time, in the whole process. Others wait, which their senders pay for: their
/// part of the budget stays taken.
const AT_A_TIME: usize = 4;

static TURNS: Semaphore = Semaphore::const_new(AT_A_TIME);

/// Whether reading so many bytes takes long.
pub(super) const fn is_much(bytes: usize) -> bool {
    bytes > MUCH
}

/// Does the work on a thread aside. Where there is no runtime, nobody else is kept waiting, and it is done at once.
pub(super) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    if Handle::try_current().is_err() {
        return Ok(work());
    }
    // Never closed. It is held until the work is done, also when nobody waits for it any more.
    let turn = TURNS.acquire().await;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    let broke_off = |_| Refusal::new(Why::Unavailable, "reading the body broke off");
    done.await.map_err(broke_off)
}
