//! What is said to Redis.

use std::fmt::Write as _;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Script, cmd, pipe};

use super::{Ticket, Told};

/// What stands under the key of a delivery that was accepted. No owner is called that.
const DONE: &str = "done";

/// Remembers a delivery for so many milliseconds, whoever has it by now, unless it is remembered already.
const KEEP: &str = "\
if redis.call('GET', KEYS[1]) ~= 'done' then
  redis.call('SET', KEYS[1], 'done', 'PX', ARGV[1])
  return 1
end
return 0";

/// Lets a delivery go, unless somebody else has it by now.
const RELEASE: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0";

/// The scripts, which a server that has lost them is given again.
#[derive(Debug)]
pub(super) struct Scripts {
    keep: Script,
    release: Script,
}

/// The key of a delivery.
pub(super) fn key(webhook: &str, digest: &[u8; 16]) -> String {
    let mut key = format!("sidegate:replay:{{{webhook}}}:");
    for byte in digest {
        // Writing to a string does not fail.
        let _ = write!(key, "{byte:02x}");
    }
    key
}

/// Reserves a delivery, in one round trip.
pub(super) async fn reserve(
    connection: &mut MultiplexedConnection,
    ticket: &Ticket,
    pending: Duration,
) -> RedisResult<Told> {
    let mut both = pipe();
    both.cmd("SET")
        .arg(&*ticket.key)
        .arg(&*ticket.owner)
        .arg("NX")
        .arg("PX")
        .arg(milliseconds(pending));
    both.cmd("GET").arg(&*ticket.key);
    let (set, holder): (Option<String>, Option<String>) = both.query_async(connection).await?;
    Ok(match holder.as_deref() {
        _ if set.is_some() => Told::New,
        Some(DONE) => Told::Seen,
        // It may have ended between the two: then it can come again.
        Some(_) | None => Told::Pending,
    })
}

/// Asks whether it is there.
pub(super) async fn ping(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    cmd("PING").query_async(connection).await
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            keep: Script::new(KEEP),
            release: Script::new(RELEASE),
        }
    }

    pub(super) async fn keep(
        &self,
        connection: &mut MultiplexedConnection,
        ticket: &Ticket,
        keep: Duration,
    ) -> RedisResult<()> {
        let mut call = self.keep.key(&*ticket.key);
        call.arg(milliseconds(keep));
        call.invoke_async(connection).await
    }

    pub(super) async fn release(
        &self,
        connection: &mut MultiplexedConnection,
        ticket: &Ticket,
    ) -> RedisResult<()> {
        let mut call = self.release.key(&*ticket.key);
        call.arg(&*ticket.owner);
        call.invoke_async(connection).await
    }
}

/// A time to live, which Redis refuses when it is nothing.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_webhook_are_in_one_slot() {
        let mut digest = [0; 16];
        digest[0] = 0xab;
        assert_eq!(
            key("github", &digest),
            "sidegate:replay:{github}:ab000000000000000000000000000000"
        );
    }
}
