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
use super::shadow::Desk;
use super::snapshot::{Sight, View};
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
    desk: Rc<Desk>,
}

#[derive(Debug)]
struct Current {
    cache: Cache<Arc<ArcSwap<Sight>>, Arc<Sight>>,
    /// What the view is one of.
    sight: Arc<Sight>,
    view: Rc<View>,
}

impl Recorder {
    /// For the worker on this thread.
    pub(super) fn new(shared: &Shared) -> Rc<Self> {
        let mut cache = Cache::new(Arc::clone(&shared.sight));
        let (sight, desk) = (Arc::clone(cache.load()), Rc::default());
        let view = Rc::new(View::new(&sight, &shared.metrics, &desk));
        Rc::new(Self {
            metrics: shared.metrics.worker(),
            log: shared.log.writer(),
            requests: shared.metrics.clone(),
            current: RefCell::new(Current { cache, sight, view }),
            rooms: RefCell::default(),
            desk,
        })
    }

    /// The policy in force. Asking costs one look at whether there is another.
    pub(super) fn view(&self) -> Rc<View> {
        let Current { cache, sight, view } = &mut *self.current.borrow_mut();
        let now = cache.load();
        if !Arc::ptr_eq(now, sight) {
            *sight = Arc::clone(now);
            *view = Rc::new(View::new(now, &self.requests, &self.desk));
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
