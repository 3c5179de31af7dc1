//! What takes longer than to use an idle connection: to make one, and to send once more.

use std::future::poll_fn;
use std::rc::Rc;

use super::answer::Waiting;
use super::caller::CallerBody;
use super::error::Error;
use super::forward::Answer;
use super::head::Head;
use super::http2;
use super::passage::Passage;
use super::pool::{Line, Pool};

/// Sends on a connection that is to be made, or that is shared.
pub(super) async fn connect(
    pool: Rc<Pool>,
    passage: Rc<Passage>,
    head: Head,
    body: CallerBody,
) -> Result<Answer, Error> {
    match pool.line().await? {
        Line::Http1(connection) => finish(head.write(connection, &pool, body, &passage)).await,
        Line::Http2(sender, reused) => {
            http2::send(&pool, &passage, head, body, sender, reused).await
        }
    }
}

/// Waits for the answer; sends once more where that does no harm.
pub(super) async fn finish(mut waiting: Waiting) -> Result<Answer, Error> {
    match poll_fn(|cx| waiting.poll_head(cx)).await {
        Ok(head) => waiting.answer(head),
        Err(failure) if waiting.may_repeat(failure.reach) => once_more(waiting).await,
        Err(failure) => Err(failure.error),
    }
}

/// Sends on a new connection what a reused one, which turned out to be gone, did not answer.
pub(super) async fn once_more(mut waiting: Waiting) -> Result<Answer, Error> {
    let exchange = waiting.exchange().ok_or_else(Error::no_upstream)?;
    let pool = Rc::clone(exchange.pool());
    let Line::Http1(connection) = pool.fresh().await? else {
        // What is written for HTTP/1 cannot be sent; the next request will be written for HTTP/2.
        return Err(Error::broken("the upstream came back with HTTP/2"));
    };
    pool.target.counters.retried.inc();
    exchange.move_to(connection);
    match poll_fn(|cx| waiting.poll_head(cx)).await {
        Ok(head) => waiting.answer(head),
        Err(failure) => Err(failure.error),
    }
}
