//! Metrics that are kept elsewhere, as the metrics library wants them when it is scraped.

use std::collections::HashMap;

use prometheus::core::{Collector, Desc};
use prometheus::proto::{self, LabelPair, Metric, MetricFamily, MetricType};

/// What a metric is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Title {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// The labels' names, in alphabetical order.
    pub(super) labels: &'static [&'static str],
}

/// The series of one metric at one moment.
#[derive(Debug)]
pub(super) struct Family {
    title: Title,
    kind: MetricType,
    metrics: Vec<Metric>,
}

/// Where metrics are kept.
pub(super) trait Source: Send + Sync {
    /// What they are called.
    fn titles(&self) -> Vec<Title>;

    /// What they are now.
    fn families(&self) -> Vec<Family>;
}

impl Family {
    pub(super) fn counters(title: Title) -> Self {
        Self::new(title, MetricType::COUNTER)
    }

    pub(super) fn gauges(title: Title) -> Self {
        Self::new(title, MetricType::GAUGE)
    }

    pub(super) fn distributions(title: Title) -> Self {
        Self::new(title, MetricType::HISTOGRAM)
    }

    fn new(title: Title, kind: MetricType) -> Self {
        Self {
            title,
            kind,
            metrics: Vec::new(),
        }
    }

    /// Adds the counter with these labels' values.
    pub(super) fn counter(&mut self, labels: &[&str], value: u64) {
        let mut counter = proto::Counter::default();
        counter.set_value(value as f64);
        let mut metric = self.labelled(labels);
        metric.set_counter(counter);
        self.metrics.push(metric);
    }

    /// Adds the gauge with these labels' values.
    pub(super) fn gauge(&mut self, labels: &[&str], value: i64) {
        let mut gauge = proto::Gauge::default();
        gauge.set_value(value as f64);
        let mut metric = self.labelled(labels);
        metric.set_gauge(gauge);
        self.metrics.push(metric);
    }

    /// Adds the distribution with these labels' values. `numbers` are as `Shard::observe` keeps them,
    /// in nanoseconds; shown are seconds.
    pub(super) fn distribution(&mut self, labels: &[&str], bounds: &[u64], numbers: &[u64]) {
        let mut count = 0;
        let mut buckets = Vec::with_capacity(bounds.len());
        for (bound, number) in bounds.iter().zip(numbers) {
            count += number;
            let mut bucket = proto::Bucket::default();
            bucket.set_upper_bound(seconds(*bound));
            bucket.set_cumulative_count(count);
            buckets.push(bucket);
        }
        let mut rest = numbers.iter().skip(bounds.len());
        let mut histogram = proto::Histogram::default();
        histogram.set_bucket(buckets);
        histogram.set_sample_count(count + rest.next().unwrap_or(&0));
        histogram.set_sample_sum(seconds(*rest.next().unwrap_or(&0)));
        let mut metric = self.labelled(labels);
        metric.set_histogram(histogram);
        self.metrics.push(metric);
    }

    fn labelled(&self, labels: &[&str]) -> Metric {
        let pairs = self.title.labels.iter().zip(labels);
        let pairs = pairs.map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        Metric::from_label(pairs.collect())
    }
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// A source as the library knows it.
pub(super) struct Collected<S> {
    source: S,
    descriptions: Vec<Desc>,
}

impl<S: Source> Collected<S> {
    /// Fails when a name is not one.
    pub(super) fn new(source: S) -> Result<Self, prometheus::Error> {
        let describe = |title: Title| {
            let labels = title.labels.iter().map(|label| (*label).to_owned());
            let (name, help) = (title.name.to_owned(), title.help.to_owned());
            Desc::new(name, help, labels.collect(), HashMap::new())
        };
        let descriptions = source.titles().into_iter().map(describe);
        Ok(Self {
            descriptions: descriptions.collect::<Result<_, _>>()?,
            source,
        })
    }
}

impl<S: Source> Collector for Collected<S> {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let families = self.source.families().into_iter();
        families
            .map(|family| {
                let mut shown = MetricFamily::default();
                shown.set_name(family.title.name.to_owned());
                shown.set_help(family.title.help.to_owned());
                shown.set_field_type(family.kind);
                shown.set_metric(family.metrics);
                shown
            })
            .collect()
    }
}
