//! What one worker needs to record its exchanges.
//!
//! All of it is the worker's own: between the beginning and the end of an exchange, nothing here touches
//! memory that another worker writes.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};
use http::Method;

use super::Shared;
use super::snapshot::{Snapshot, View};
use crate::telemetry::{LogWriter, RequestFields, RequestMetrics, WorkerMetrics};

/// How many rooms are kept for further exchanges' log fields.
const SPARE_ROOMS: usize = 64;
/// The largest room that is kept, in bytes.
const SPARE_ROOM: usize = 4096;

/// One worker's part in recording.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) metrics: WorkerMetrics,
    pub(super) log: Option<LogWriter>,
    requests: RequestMetrics,
    current: RefCell<Current>,
    rooms: RefCell<Vec<Vec<u8>>>,
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
            rooms: RefCell::default(),
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

    /// Begins what the log says of a request; nothing when nothing is logged.
    pub(super) fn fields(&self, method: &Method) -> Option<RequestFields> {
        let log = self.log.as_ref()?;
        let room = self.rooms.borrow_mut().pop().unwrap_or_default();
        Some(log.request(room, method))
    }

    /// Keeps the room of what was logged for another exchange.
    pub(super) fn keep(&self, fields: RequestFields) {
        let room = fields.into_room();
        let mut rooms = self.rooms.borrow_mut();
        if room.capacity() <= SPARE_ROOM && rooms.len() < SPARE_ROOMS {
            rooms.push(room);
        }
    }
}
