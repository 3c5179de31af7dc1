//! What one worker needs to record its exchanges.
//!
//! All of it is the worker's own: between the beginning and the end of an exchange, nothing here touches
//! memory that another worker writes.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::Shared;
use super::snapshot::{Snapshot, View};
use crate::telemetry::{LogWriter, RequestMetrics, WorkerMetrics};

/// How many texts are kept for further exchanges.
const SPARE_TEXTS: usize = 64;
/// The longest text that is kept, in bytes.
const SPARE_TEXT: usize = 4096;

/// One worker's part in recording.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) metrics: WorkerMetrics,
    pub(super) log: Option<LogWriter>,
    requests: RequestMetrics,
    current: RefCell<Current>,
    texts: RefCell<Vec<String>>,
}

#[derive(Debug)]
struct Current {
    cache: Cache<Arc<ArcSwap<Snapshot>>, Arc<Snapshot>>,
    view: Rc<View>,
}

impl Recorder {
    /// For the worker on this thread.
    pub(super) fn new(shared: &Shared) -> Rc<Self> {
        let mut cache = Cache::new(Arc::clone(&shared.snapshot));
        let view = Rc::new(View::new(Arc::clone(cache.load()), &shared.metrics));
        Rc::new(Self {
            metrics: shared.metrics.worker(),
            log: shared.log.writer(),
            requests: shared.metrics.clone(),
            current: RefCell::new(Current { cache, view }),
            texts: RefCell::default(),
        })
    }

    /// The policy in force. Asking costs one look at whether there is another.
    pub(super) fn view(&self) -> Rc<View> {
        let Current { cache, view } = &mut *self.current.borrow_mut();
        let snapshot = cache.load();
        if !Arc::ptr_eq(snapshot, &view.snapshot) {
            *view = Rc::new(View::new(Arc::clone(snapshot), &self.requests));
        }
        Rc::clone(view)
    }

    /// An empty text, with room from an earlier exchange if there is one.
    pub(super) fn text(&self) -> String {
        self.texts.borrow_mut().pop().unwrap_or_default()
    }

    /// Keeps a text's room for another exchange.
    pub(super) fn keep(&self, mut text: String) {
        let mut texts = self.texts.borrow_mut();
        if (1..=SPARE_TEXT).contains(&text.capacity()) && texts.len() < SPARE_TEXTS {
            text.clear();
            texts.push(text);
        }
    }
}
