//! Records on their way to the writer: none lost unsaid, none out of order, nobody held up.

use super::*;

fn json() -> LogSettings {
    settings(LogFormat::Json, Decisions::All)
}

fn started(sink: &Kept, registry: &Registry) -> DecisionLog {
    DecisionLog::start(&json(), Box::new(sink.clone()), registry).unwrap()
}

pub(super) fn dropped(registry: &Registry) -> usize {
    let text = registry.render().unwrap();
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix("sidegate_decision_log_dropped_total "))
        .unwrap()
        .parse()
        .unwrap()
}

/// The paths of the records written so far: each names its worker and its number.
fn paths(sink: &Kept) -> Vec<(usize, usize)> {
    let text = sink.text();
    let path = |line| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let path = record["path"].as_str().unwrap().to_owned();
        let (worker, number) = path.split_once('/').unwrap();
        (worker.parse().unwrap(), number.parse().unwrap())
    };
    text.lines().map(path).collect()
}

fn write_numbers(writer: &LogWriter, worker: usize, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let path = format!("{worker}/{number}");
        writer.write(&Record {
            request: &asked(LogFormat::Json, &path),
            ..record()
        });
    }
}

#[test]
fn sink_that_takes_nothing_loses_records_and_counts_them() {
    let (sink, registry) = (Kept::default(), Registry::new());
    sink.gate(true);
    let log = DecisionLog::with_capacity(&json(), Box::new(sink.clone()), &registry, 1000).unwrap();
    let writer = log.writer().unwrap();
    let started = Instant::now();
    for _ in 0..10_000 {
        writer.write(&record());
    }
    assert!(started.elapsed() < Duration::from_secs(5));
    let dropped = dropped(&registry);
    assert!(dropped >= 9_900, "{dropped}");
    sink.gate(false);
    log.close();
    assert_eq!(sink.text().lines().count(), 10_000 - dropped);
}

#[test]
fn what_waits_for_a_stuck_sink_is_bounded() {
    let (sink, registry) = (Kept::default(), Registry::new());
    sink.gate(true);
    let log = started(&sink, &registry);
    let writer = log.writer().unwrap();
    let path = "x".repeat(100_000);
    for _ in 0..10 * CAPACITY / 2048 {
        writer.write(&Record {
            request: &asked(LogFormat::Json, &path),
            ..record()
        });
    }
    assert!(dropped(&registry) > 0);
    sink.gate(false);
    log.close();
    // What the writer had taken, and what waited behind it.
    assert!(sink.text().len() < 2 * CAPACITY + 10_000);
}

#[test]
fn records_of_each_worker_keep_their_order_and_none_is_lost() {
    const EACH: usize = 2_000;
    let (sink, registry) = (Kept::default(), Registry::new());
    let log = started(&sink, &registry);
    thread::scope(|scope| {
        for worker in 0..2 {
            let log = &log;
            scope.spawn(move || {
                let writer = log.writer().unwrap();
                for start in (0..EACH).step_by(100) {
                    write_numbers(&writer, worker, start..start + 100);
                    thread::sleep(Duration::from_micros(500));
                }
            });
        }
    });
    log.close();
    let paths = paths(&sink);
    for worker in 0..2 {
        let own = paths.iter().filter(|(of, _)| *of == worker);
        let numbers: Vec<_> = own.map(|(_, number)| *number).collect();
        assert_eq!(numbers, (0..EACH).collect::<Vec<_>>());
    }
    assert_eq!(dropped(&registry), 0);
}

#[test]
fn record_is_written_or_counted_while_the_log_closes() {
    const EACH: usize = 3_000;
    for _ in 0..20 {
        let (sink, registry) = (Kept::default(), Registry::new());
        let log = started(&sink, &registry);
        thread::scope(|scope| {
            for worker in 0..2 {
                let log = &log;
                scope.spawn(move || write_numbers(&log.writer().unwrap(), worker, 0..EACH));
            }
            log.close();
        });
        assert_eq!(paths(&sink).len() + dropped(&registry), 2 * EACH);
    }
}

#[test]
fn record_after_a_silence_wakes_the_writer() {
    let (sink, registry) = (Kept::default(), Registry::new());
    let log = started(&sink, &registry);
    let writers = [log.writer().unwrap(), log.writer().unwrap()];
    for number in 0..6 {
        thread::sleep(Duration::from_millis(15));
        write_numbers(&writers[number % 2], 0, number..number + 1);
        let started = Instant::now();
        while paths(&sink).len() <= number {
            assert!(started.elapsed() < Duration::from_secs(10), "{number}");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn last_handle_that_goes_has_everything_written() {
    let (sink, registry) = (Kept::default(), Registry::new());
    let log = started(&sink, &registry);
    let writers: Vec<_> = (0..4).map(|_| log.writer().unwrap()).collect();
    drop(log);
    let threads: Vec<_> = writers
        .into_iter()
        .map(|writer| thread::spawn(move || (0..100).for_each(|_| writer.write(&record()))))
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(sink.text().lines().count(), 400);
}

#[test]
fn close_of_a_closed_log_does_nothing() {
    let (sink, registry) = (Kept::default(), Registry::new());
    let log = started(&sink, &registry);
    let writer = log.writer().unwrap();
    log.close();
    log.close();
    writer.write(&record());
    log.writer().unwrap().write(&record());
    assert_eq!(sink.text(), "");
    assert_eq!(dropped(&registry), 2);
}

#[test]
fn stuck_sink_holds_up_the_end_for_two_seconds_at_most() {
    let (sink, registry) = (Kept::default(), Registry::new());
    sink.gate(true);
    let log = started(&sink, &registry);
    log.writer().unwrap().write(&record());
    let started = Instant::now();
    log.close();
    assert!(started.elapsed() < 2 * CLOSE);
    sink.gate(false);
}

/// A full disk: takes a piece, then fails until there is room again.
struct Full {
    room: Option<usize>,
    sink: Kept,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let end = match self.room {
            None => bytes.len(),
            Some(0) => {
                self.room = None;
                return Err(std::io::ErrorKind::StorageFull.into());
            }
            Some(room) => room.min(bytes.len()),
        };
        self.room = self.room.map(|room| room - end);
        self.sink.write(&bytes[..end])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn line_that_broke_off_spoils_none_after_it() {
    let (sink, registry) = (Kept::default(), Registry::new());
    let full = Full {
        room: Some(10),
        sink: sink.clone(),
    };
    let log = DecisionLog::start(&json(), Box::new(full), &registry).unwrap();
    let writer = log.writer().unwrap();
    writer.write(&record());
    while dropped(&registry) == 0 {
        std::thread::yield_now();
    }
    writer.write(&record());
    writer.write(&record());
    log.close();
    assert_eq!(dropped(&registry), 1);
    let text = sink.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    for line in &lines[1..] {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "{line}"
        );
    }
}

#[test]
fn stuck_sink_is_waited_for_once() {
    let (sink, registry) = (Kept::default(), Registry::new());
    sink.gate(true);
    let log = started(&sink, &registry);
    log.writer().unwrap().write(&record());
    let since = Instant::now();
    log.close();
    log.close();
    drop(log);
    assert!(since.elapsed() < 2 * CLOSE - Duration::from_millis(500));
    sink.gate(false);
}
