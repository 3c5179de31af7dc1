//! What happened: metrics, logs and the decision log.
//!
//! Rooms declare their own metrics against the [`Registry`] they are handed and keep the children
//! they need; nothing looks a label up while a request is under way. What concerns every request is
//! declared here once: [`RequestMetrics`], [`ProcessMetrics`], and one [`Record`] per decision,
//! which [`DecisionLog`] writes from a thread of its own and [`LogLines`] reads back. What every
//! request counts or writes, its worker counts and writes for itself: no worker waits for another, or
//! for a cache line of it.
//!
//! This room refuses to know tokens and policies: it is handed names, numbers and reasons.
//!
//! A service writes everything to standard output, one event a line, as containers expect: log lines,
//! and decision records unless they have a file. Standard error is left to what a command says before
//! logs exist.
//!
//! Always: a full channel costs a record, never a request, and the loss is counted; text is escaped,
//! so that one event stays one line; a [`Record`] has no field that could hold a credential.

mod background;
mod counters;
mod decision_log;
mod exposition;
mod line;
mod log;
mod output;
mod process;
mod registry;
mod requests;
mod shards;

pub use counters::{WorkerCounters, WorkerCounts};
pub use decision_log::{
    DecisionLog, DecisionSettings, Decisions, LogLine, LogLines, LogWriter, ReadError, Recorded,
    RecordedDecision, RecordedRefusal, RecordedShadow, Redaction, Rotation, Sampler, Share,
};
pub use line::{Asked, Facts, OtherPolicy, Outcome, Ready, Record, RequestFields, WouldRefuse};
pub use log::{LogFormat, LogSettings, flush, init, init_on};
pub use output::Output;
pub use process::{Build, ProcessMetrics};
pub use registry::{
    Counter, CounterVec, Error, Gauge, GaugeVec, Histogram, HistogramVec, Registry,
};
pub use requests::{
    ObservedCounts, RequestMetrics, RouteMetrics, ShadowCounts, ShadowOutcome, ShadowTotals,
    UpstreamMetrics, UpstreamResult, WorkerMetrics,
};
