//! What happened: metrics, logs and the decision log.
//!
//! Rooms declare their own metrics against the [`Registry`] they are handed and keep the children
//! they need; nothing looks a label up while a request is under way.

mod registry;

pub use registry::{
    Counter, CounterVec, Error, Gauge, GaugeVec, Histogram, HistogramVec, Registry,
};
