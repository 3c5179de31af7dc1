//! The process file's key `store`: where API keys are kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::url::{self, Backend};
use crate::document::{Fields, Node, Problems, Read, Shape, Value};
use crate::secret::Secret;

/// How long an answer may take when nothing is said.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Longer, and callers would wait for a database that is gone.
const LONGEST: Duration = Duration::from_secs(60);

/// Where API keys are kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which database.
    pub backend: Backend,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Whether the schema is made and brought up to date unasked.
    pub migrate: bool,
    /// Certificates (PEM) that a server of PostgreSQL is trusted by, besides the system's.
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    /// A database with everything else as it is when nothing is said.
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            timeout: TIMEOUT,
            migrate: true,
            ca_file: None,
        }
    }

    /// A file on this machine.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self::new(Backend::Sqlite(path.into()))
    }

    /// What a URL names: `sqlite:PATH` or `postgres://...`. The message says what would be right, and holds
    /// nothing of the URL.
    pub fn from_url(text: &str) -> Result<Self, String> {
        url::parse(text).map(Self::new)
    }
}

impl Read for Settings {
    fn read(node: &Node, problems: &Problems) -> Option<Self> {
        if matches!(node.value, Value::Map(_)) {
            return section(node, problems);
        }
        backend(node, problems).map(Self::new)
    }

    fn shape() -> Shape {
        url_text().or(Shape::Section("store"))
    }
}

fn url_text() -> Shape {
    Shape::Form(r#"(?:sqlite:|postgres://|postgresql://|\$\{)[^"]+"#)
}

fn section(node: &Node, problems: &Problems) -> Option<Settings> {
    let mut fields = Fields::of(node, "store", problems)?;
    fields.refuse_blanks();
    let url = fields.needed("url", || url_text().or(Secret::shape()));
    if url.is_none() && node.at("url").is_none() {
        let help = "write `url: sqlite:PATH`, or the URL of a PostgreSQL database";
        problems.error_with(node, "store needs the key `url`", help);
    }
    let backend = url.and_then(|node| backend(node, problems));
    let timeout = timeout(&mut fields, problems);
    let migrate = fields.or("migrate", true);
    let ca_file = fields.optional::<PathBuf>("ca_file");
    if matches!(backend, Some(Backend::Sqlite(_)))
        && let Some(node) = node.at("ca_file").filter(|_| ca_file.is_some())
    {
        problems.error(node, "`ca_file` is for PostgreSQL; SQLite is a file");
    }
    fields.finish();
    Some(Settings {
        backend: backend?,
        timeout,
        migrate,
        ca_file,
    })
}

fn timeout(fields: &mut Fields<'_>, problems: &Problems) -> Duration {
    let timeout = fields.or("timeout", TIMEOUT);
    if timeout.is_zero() || timeout > LONGEST {
        let node = fields.node().at("timeout").unwrap_or(fields.node());
        problems.error(
            node,
            "expected a duration longer than zero and at most a minute",
        );
    }
    timeout
}

/// Reads a URL: literal without a password, or from the environment or a file.
fn backend(node: &Node, problems: &Problems) -> Option<Backend> {
    let (text, kept_apart) = match &node.value {
        Value::Map(_) => {
            let secret = Secret::read(node, problems)?;
            (String::from_utf8(secret.expose().to_vec()).ok(), true)
        }
        // Has been reported as a variable that is not set.
        Value::Text(text) if node.from_environment && text.is_empty() => return None,
        _ => (Some(String::read(node, problems)?), node.is_variable),
    };
    match url::parse(&text.unwrap_or_default()) {
        Ok(Backend::Postgres(url)) if !kept_apart && url::has_password(&url) => {
            let help = "write `${NAME}` to take the whole URL from the environment, or `url: { file: path }`";
            problems.error_with(
                node,
                "a password must not be written into a file or a command",
                help,
            );
            None
        }
        Ok(Backend::Sqlite(path)) => Some(Backend::Sqlite(beside(node, path))),
        Ok(backend) => Some(backend),
        Err(message) => {
            problems.error(node, message);
            None
        }
    }
}

/// A file that a file names is looked for beside it; what a variable or a flag names, where the process runs.
fn beside(node: &Node, path: PathBuf) -> PathBuf {
    let folder = Path::new(&*node.place.file).parent();
    match folder {
        Some(folder) if node.place.line > 0 => folder.join(path),
        _ => path,
    }
}
