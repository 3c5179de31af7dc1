//! The metrics library: what is declared is shown. Only [`exposition`](super::exposition) knows it
//! besides.

use prometheus::{HistogramOpts, Opts, TextEncoder};

use super::exposition::{Collected, Source};

/// A number that only grows.
pub type Counter = prometheus::IntCounter;
/// Counters told apart by labels.
pub type CounterVec = prometheus::IntCounterVec;
/// A number that goes up and down.
pub type Gauge = prometheus::IntGauge;
/// Gauges told apart by labels.
pub type GaugeVec = prometheus::IntGaugeVec;
/// Numbers sorted into buckets. For what is rare: threads share it.
pub type Histogram = prometheus::Histogram;
/// Distributions told apart by labels.
pub type HistogramVec = prometheus::HistogramVec;

/// Telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A metric could not be declared or rendered.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The log level is neither a level nor a list of directives.
    #[error("the log level is not one that `tracing` knows")]
    Level,
    /// A thread that writes a log could not be started.
    #[error("a log's thread cannot be started: {0}")]
    Thread(std::io::Error),
    /// The file of the decision log cannot be opened.
    #[error("the decision log `{}` cannot be opened: {source}", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// The metrics of one process. Clones are the same registry.
#[derive(Debug, Clone, Default)]
pub struct Registry(prometheus::Registry);

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a counter.
    pub fn counter(&self, name: &str, help: &str) -> Result<Counter, Error> {
        let metric = Counter::new(name, help)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    /// Declares counters with labels.
    pub fn counter_vec(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<CounterVec, Error> {
        let metric = CounterVec::new(Opts::new(name, help), labels)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    /// Declares a gauge.
    pub fn gauge(&self, name: &str, help: &str) -> Result<Gauge, Error> {
        let metric = Gauge::new(name, help)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    /// Declares gauges with labels.
    pub fn gauge_vec(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, Error> {
        let metric = GaugeVec::new(Opts::new(name, help), labels)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    /// Declares a distribution with these bounds of its buckets, growing.
    pub fn histogram(&self, name: &str, help: &str, bounds: &[f64]) -> Result<Histogram, Error> {
        let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
        let metric = Histogram::with_opts(options)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    /// Declares distributions with labels and these bounds of their buckets, growing.
    pub fn histogram_vec(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        bounds: &[f64],
    ) -> Result<HistogramVec, Error> {
        let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
        let metric = HistogramVec::new(options, labels)?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    /// Shows metrics that are kept elsewhere.
    pub(super) fn show(&self, source: impl Source + 'static) -> Result<(), Error> {
        Ok(self.0.register(Box::new(Collected::new(source)?))?)
    }

    /// Adds what the system knows of this process: processor time, memory, open files, start.
    pub(super) fn process(&self) -> Result<(), Error> {
        #[cfg(target_os = "linux")]
        self.0.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))?;
        Ok(())
    }

    /// All metrics in Prometheus's text format, version 0.0.4.
    pub fn render(&self) -> Result<String, Error> {
        Ok(TextEncoder::new().encode_to_string(&self.0.gather())?)
    }
}
