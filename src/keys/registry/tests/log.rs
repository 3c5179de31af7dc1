//! What is logged.

use std::io::Write;
use std::sync::{Arc, Mutex};

/// Everything that is logged on this thread while it lives.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// Whether what was just logged came here. Whoever first comes by a line settles whether anybody
    /// listens, and that may be a thread that does not: then it is asked again here.
    pub(super) fn listens_to(&self, part: &str) -> bool {
        let listens = self.text().contains(part);
        if !listens {
            tracing::callsite::rebuild_interest_cache();
        }
        listens
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
