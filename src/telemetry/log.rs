//! The log: its settings, and starting it.

use std::sync::OnceLock;

use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use super::Error;
use super::background::Background;
use super::decision_log::{DecisionSettings, FORMATS, read_format};
use super::output::{Lines, Output};
use crate::document::{Fields, Node, Problems, Shape};

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For eyes.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// The section `log` of the process file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// Text or JSON.
    pub format: LogFormat,
    /// A level, or directives as `tracing` knows them: `info,sidegate::jwks=debug`.
    pub level: String,
    /// Which decisions are recorded, how, and where.
    pub decisions: DecisionSettings,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            format: LogFormat::default(),
            level: "info".into(),
            decisions: DecisionSettings::default(),
        }
    }
}

impl LogSettings {
    /// Reads the section; what is not written keeps its default.
    pub fn read(node: Option<&Node>, problems: &Problems) -> Self {
        let mut settings = Self::default();
        let Some(mut fields) = node.and_then(|node| Fields::of(node, "log", problems)) else {
            return settings;
        };
        if let Some(format) = fields
            .shaped("format", || Shape::words(&FORMATS))
            .and_then(|node| read_format(node, problems))
        {
            settings.format = format;
        }
        if let Some(level) = fields
            .shaped("level", || Shape::Text)
            .and_then(|node| read_level(node, problems))
        {
            settings.level = level;
        }
        if let Some(node) = fields.shaped("decisions", DecisionSettings::shape) {
            settings.decisions = DecisionSettings::read(node, problems);
        }
        fields.finish();
        settings
    }

    /// How decisions are written: as they themselves say, else as JSON in a file, for programs, and as
    /// everything else on standard output.
    pub fn format_of_decisions(&self) -> LogFormat {
        let DecisionSettings { format, file, .. } = &self.decisions;
        let usual = match file {
            Some(_) => LogFormat::Json,
            None => self.format,
        };
        format.unwrap_or(usual)
    }
}

fn read_level(node: &Node, problems: &Problems) -> Option<String> {
    match node.text().filter(|text| filter(text).is_some()) {
        Some(text) => Some(text.to_owned()),
        None => {
            problems.error_with(
                node,
                "expected a log level",
                "write `error`, `warn`, `info`, `debug`, `trace` or `off`, \
                 or directives such as `info,sidegate::jwks=debug`",
            );
            None
        }
    }
}

/// The filter for a level or for directives.
///
/// `EnvFilter` takes a misspelt level for the name of a target and then drops everything else, so
/// a bare word must be a level.
fn filter(text: &str) -> Option<EnvFilter> {
    let bare_words_are_levels = text
        .split(',')
        .filter(|part| !part.contains(['=', '[']))
        .all(|word| word.trim().parse::<LevelFilter>().is_ok());
    if text.trim().is_empty() || !bare_words_are_levels {
        return None;
    }
    EnvFilter::try_new(text).ok()
}

/// Starts the log of this process on standard output. The first call decides; later ones change
/// nothing, so that tests in one process may each make it.
pub fn init(settings: &LogSettings) -> Result<(), Error> {
    init_on(settings, Output::Stdout)
}

/// Where the log's lines go, once it is started.
static SINK: OnceLock<Background> = OnceLock::new();

/// Starts the log of this process, as [`init`] does, somewhere else.
pub fn init_on(settings: &LogSettings, output: Output) -> Result<(), Error> {
    let filter = filter(&settings.level).ok_or(Error::Level)?;
    if SINK.get().is_some() {
        return Ok(());
    }
    let sink = Background::start(output.open())?;
    let json = settings.format == LogFormat::Json;
    let colours = !json && output.colours();
    let lines = fmt::layer().with_ansi(colours).with_writer(Lines {
        sink: sink.clone(),
        colours,
    });
    let registry = tracing_subscriber::registry().with(filter);
    // An error means that a log is there already, which is what the caller wants.
    let started = if json {
        let lines = lines.json().flatten_event(true).with_span_list(false);
        registry.with(lines).try_init()
    } else {
        registry.with(lines).try_init()
    };
    if started.is_ok() {
        // Only one log is ever started.
        let _ = SINK.set(sink);
    }
    Ok(())
}

/// Has the log's lines written that are on their way. For the end of a command: waits at most a
/// second for an output that does not take them.
pub fn flush() {
    if let Some(sink) = SINK.get() {
        sink.drain();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;
    use crate::telemetry::Decisions;

    fn read(text: &str) -> (LogSettings, Vec<String>) {
        let problems = Problems::new();
        let node = parse("sidegate.yaml", text, &|_| None, &problems).unwrap();
        let settings = LogSettings::read(node.at("log"), &problems);
        let problems = problems.into_sorted();
        (settings, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nothing_written_means_text_at_info_with_every_decision() {
        let (settings, problems) = read("{}");
        assert_eq!(settings, LogSettings::default());
        assert_eq!(settings.level, "info");
        assert!(problems.is_empty());
    }

    #[test]
    fn every_key_is_read() {
        let (settings, problems) =
            read("log: { format: json, level: 'warn,sidegate::jwks=debug', decisions: denied }");
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(settings.format, LogFormat::Json);
        assert_eq!(settings.level, "warn,sidegate::jwks=debug");
        assert_eq!(settings.decisions, DecisionSettings::of(Decisions::Denied));
    }

    #[test]
    fn misspelt_level_is_refused_and_does_not_silence_the_log() {
        let (_, problems) = read("log: { level: inof }");
        assert!(problems[0].starts_with("sidegate.yaml:1:15: error: `log.level`"));
        let (_, problems) = read("log: { formt: json }");
        assert!(
            problems[0].contains("did you mean `format`?"),
            "{problems:?}"
        );
    }

    #[test]
    fn log_may_be_started_twice() {
        init(&LogSettings::default()).unwrap();
        init(&LogSettings::default()).unwrap();
    }
}
