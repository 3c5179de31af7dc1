//! How far a long run is, for whoever sits before it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How long the bar is, in characters.
const WIDTH: usize = 30;
/// How often it is drawn anew.
const EVERY: Duration = Duration::from_millis(100);

/// A bar on a terminal; anywhere else it draws nothing.
pub(in crate::cli) struct Progress {
    terminal: bool,
    /// Nothing when the end is not known.
    total: Option<u64>,
    bytes: u64,
    drawn: Option<Instant>,
    began: Instant,
}

impl Progress {
    /// For so many bytes, if that is known.
    pub(in crate::cli) fn new(total: Option<u64>) -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
            total,
            bytes: 0,
            drawn: None,
            began: Instant::now(),
        }
    }

    /// So many bytes more are done.
    pub(in crate::cli) fn advance(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Draws the bar, unless it was drawn a moment ago.
    pub(in crate::cli) fn show(&mut self, records: u64) {
        let fresh = self.drawn.is_some_and(|drawn| drawn.elapsed() < EVERY);
        // What takes no time needs no bar.
        if !self.terminal || fresh || self.began.elapsed() < EVERY {
            return;
        }
        self.drawn = Some(Instant::now());
        let line = line(self.bytes, self.total, records);
        // There is nobody left to tell that stderr is gone.
        let _ = write!(io::stderr().lock(), "\r{line}\x1b[K");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn line(bytes: u64, total: Option<u64>, records: u64) -> String {
    let records = super::words::number(records);
    let Some(total) = total.filter(|total| *total > 0) else {
        return format!("{records} records");
    };
    let share = (bytes as f64 / total as f64).min(1.0);
    let full = (share * WIDTH as f64) as usize;
    let bar = "#".repeat(full) + &".".repeat(WIDTH - full.min(WIDTH));
    format!("[{bar}] {:3.0} %  {records} records", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_grows_with_what_is_done() {
        assert_eq!(
            line(50, Some(100), 1204),
            "[###############...............]  50 %  1,204 records"
        );
        assert!(line(200, Some(100), 1).contains("100 %"));
        assert_eq!(line(50, None, 7), "7 records");
    }
}
