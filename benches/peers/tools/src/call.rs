//! HTTP/1.1 callers: one thread and one connection each.
//!
//! Requests are numbered, and whoever is free takes the next number. With `--rate` each number has a
//! time at which it is due; latency counts from there, so a server that stalls is charged for every
//! request it kept waiting, also for those that could not be sent. Without a rate a request is due
//! when it is taken. Ends after `--count` requests or `--seconds`; what was due during `--warm` is
//! sent but not counted. With `--opening` the connections are opened one after the other in as many
//! seconds before all that, because ten thousand at once are a test of the kernel's queues.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use std::io::Write as _;

use crate::Failure;
use crate::arguments::Arguments;
use crate::http1::{self, Connection};
use crate::tokens::Tokens;

/// Ten thousand of them must fit.
const STACK: usize = 128 * 1024;

struct Plan {
    target: SocketAddr,
    head: String,
    tokens: Tokens,
    /// Between two requests; zero means as fast as it goes.
    step: Duration,
    warm: Duration,
    /// Counted from the start, the warm-up with it.
    end: Duration,
    count: u64,
    /// Between the opening of two connections; the start lies after the last.
    gap: Duration,
    start: Instant,
    next: AtomicU64,
}

#[derive(Default)]
struct Seen {
    /// Nanoseconds.
    latencies: Vec<u64>,
    statuses: BTreeMap<u16, u64>,
    sent: u64,
    opened: u64,
    failed: u64,
}

impl Plan {
    fn read(arguments: &Arguments, connections: u32) -> Result<Self, Failure> {
        let opening = Duration::from_secs_f64(arguments.value("opening")?.unwrap_or(0.0));
        let rate: Option<f64> = arguments.value("rate")?;
        let seconds = arguments.value::<f64>("seconds")?.unwrap_or(3600.0);
        let warm = arguments.value::<f64>("warm")?.unwrap_or(0.0);
        let path = arguments.text("path").unwrap_or("/");
        let host = arguments.text("host").unwrap_or("api.peers.test");
        let skip = arguments.value("skip")?.unwrap_or(0);
        Ok(Self {
            target: arguments.required("target")?,
            head: http1::head(arguments.text("method").unwrap_or("GET"), path, host),
            tokens: Tokens::open(arguments.text("tokens"), skip)?,
            step: Duration::from_secs_f64(rate.map_or(0.0, |rate| 1.0 / rate)),
            warm: Duration::from_secs_f64(warm),
            end: Duration::from_secs_f64(warm + seconds),
            count: arguments.value("count")?.unwrap_or(u64::MAX),
            gap: opening / connections.max(1),
            start: Instant::now() + opening,
            next: AtomicU64::new(0),
        })
    }

    /// When the next request is due, since the start; nothing when there is none left.
    fn take(&self) -> Option<Duration> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let due = match self.step {
            Duration::ZERO => self.start.elapsed(),
            step => Duration::from_secs_f64(step.as_secs_f64() * number as f64),
        };
        (number < self.count && due < self.end).then_some(due)
    }
}

fn caller(plan: &Plan, number: u32) -> Result<Seen, Failure> {
    let mut connection = Connection::new(plan.target);
    if !plan.gap.is_zero() {
        thread::sleep(plan.gap * number);
        // A server that has no room for it shows that in the requests.
        let _ = connection.open();
        thread::sleep(plan.start.saturating_duration_since(Instant::now()));
    }
    let mut seen = Seen::default();
    let mut request = String::new();
    while let Some(due) = plan.take() {
        request.clone_from(&plan.head);
        plan.tokens.append(&mut request)?;
        request.push_str("\r\n");
        thread::sleep(due.saturating_sub(plan.start.elapsed()));
        seen.sent += 1;
        let answer = connection.exchange(request.as_bytes());
        if due < plan.warm {
            continue;
        }
        match answer {
            Ok(answer) => {
                let latency = plan.start.elapsed().saturating_sub(due);
                seen.latencies.push(u64::try_from(latency.as_nanos())?);
                *seen.statuses.entry(answer.status).or_default() += 1;
            }
            Err(_) => seen.failed += 1,
        }
    }
    seen.opened = connection.opened;
    Ok(seen)
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.sent += other.sent;
        self.opened += other.opened;
        self.failed += other.failed;
    }

    /// Microseconds below which this part of the answers came.
    fn quantile(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1) as f64;
        let value = self.latencies.get((last * part).round() as usize);
        value.map_or(0.0, |nanoseconds| *nanoseconds as f64 / 1000.0)
    }

    fn json(&mut self, seconds: f64) -> String {
        self.latencies.sort_unstable();
        let statuses: Vec<_> = self.statuses.iter().collect();
        let statuses = statuses
            .iter()
            .map(|(status, count)| format!("\"{status}\":{count}"));
        format!(
            "{{\"requests\":{},\"measured\":{},\"failed\":{},\"opened\":{},\"seconds\":{seconds:.4},\
             \"p50_us\":{:.1},\"p90_us\":{:.1},\"p99_us\":{:.1},\"max_us\":{:.1},\"statuses\":{{{}}}}}",
            self.sent,
            self.latencies.len(),
            self.failed,
            self.opened,
            self.quantile(0.5),
            self.quantile(0.9),
            self.quantile(0.99),
            self.quantile(1.0),
            statuses.collect::<Vec<_>>().join(",")
        )
    }
}

/// Runs the callers and writes what they saw.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    // A sleep may otherwise end 50 us late. Where this is refused, every contestant pays the same.
    let _ = std::fs::write("/proc/self/timerslack_ns", "1000");
    let connections = arguments.value("connections")?.unwrap_or(32);
    let plan = Plan::read(arguments, connections)?;
    let mut all = Seen::default();
    thread::scope(|scope| {
        let plan = &plan;
        let callers: Result<Vec<_>, _> = (0..connections)
            .map(|number| {
                let builder = thread::Builder::new().stack_size(STACK);
                builder.spawn_scoped(scope, move || caller(plan, number))
            })
            .collect();
        for caller in callers? {
            all.add(caller.join().map_err(|_| "a caller died")??);
        }
        Ok::<(), Failure>(())
    })?;
    let seconds = plan.start.elapsed().as_secs_f64();
    writeln!(std::io::stdout(), "{}", all.json(seconds))?;
    Ok(())
}
