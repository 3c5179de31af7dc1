//! The rows of a file, whichever way it is written: each becomes a node with its place.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::cli::exit::Failure;
use crate::document::{Node, Problems, Value, closest, parse};

use super::csv::{Csv, Row};
use super::nodes::{cells_as_node, object, place, problem};
use super::row::COLUMNS;

/// The longest line of JSON, in bytes.
const LONGEST: u64 = 1 << 20;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Form {
    /// A list of keys, as in a policy
    Yaml,
    /// An object on each line
    Jsonl,
    /// A heading, and a row for each key
    Csv,
}

impl Form {
    /// By the file's name.
    pub(super) fn of(file: &Path) -> Option<Self> {
        let extension = file.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// A file that is being read.
pub(super) struct Rows {
    file: Arc<str>,
    source: Source,
    /// Bytes that were read.
    pub(super) bytes: u64,
}

enum Source {
    /// Read whole.
    List(std::vec::IntoIter<Node>),
    Lines {
        input: BufReader<File>,
        line: u32,
    },
    Csv {
        rows: Csv<BufReader<File>>,
        /// What the heading calls each column; nothing where it is not known.
        columns: Vec<Option<Arc<str>>>,
    },
}

impl Rows {
    /// Opens a file. What is wrong with it as a whole is a problem, and then there are no rows.
    pub(super) fn open(path: &Path, form: Form, problems: &Problems) -> Result<Self, Failure> {
        let unreadable = |error: io::Error| {
            Failure::environment(format_args!("cannot read `{}`: {error}", path.display()))
        };
        let name: Arc<str> = path.display().to_string().into();
        let opened = File::open(path).map_err(unreadable)?;
        if !opened.metadata().map_err(unreadable)?.is_file() {
            return Err(Failure::environment(format_args!(
                "`{}` is no file: it is read twice, first to find every mistake",
                path.display()
            )));
        }
        let mut input = BufReader::with_capacity(256 << 10, opened);
        let whole = match form {
            Form::Yaml => true,
            Form::Jsonl => starts_a_list(&mut input).map_err(unreadable)?,
            Form::Csv => false,
        };
        let source = match form {
            _ if whole => {
                let text = std::fs::read_to_string(path).map_err(unreadable)?;
                Source::List(list(&name, &text, problems).into_iter())
            }
            Form::Csv => {
                let mut rows = Csv::new(input);
                let columns = heading(&name, &mut rows, problems).map_err(unreadable)?;
                Source::Csv { rows, columns }
            }
            _ => Source::Lines { input, line: 0 },
        };
        Ok(Self {
            file: name,
            source,
            bytes: 0,
        })
    }

    /// The next row; what cannot be a row is a problem and passed over.
    pub(super) fn next(&mut self, problems: &Problems) -> io::Result<Option<Node>> {
        let file = &self.file;
        match &mut self.source {
            Source::List(rows) => Ok(rows.next()),
            Source::Lines { input, line } => loop {
                let mut text = Vec::new();
                let read = input.take(LONGEST).read_until(b'\n', &mut text)?;
                if read == 0 {
                    return Ok(None);
                }
                self.bytes += read as u64;
                *line = line.saturating_add(1);
                if let Some(row) = object(&place(file, *line, 1), &text, problems) {
                    return Ok(Some(row));
                }
            },
            Source::Csv { rows, columns } => loop {
                let row = rows.next()?;
                self.bytes = rows.bytes;
                match row {
                    None => return Ok(None),
                    Some(Row::Cells(cells)) => {
                        if let Some(row) = cells_as_node(file, cells, columns, problems) {
                            return Ok(Some(row));
                        }
                    }
                    Some(Row::Broken { line, message }) => {
                        problem(problems, place(file, line, 1), message, None);
                    }
                }
            },
        }
    }
}

fn starts_a_list(input: &mut BufReader<File>) -> io::Result<bool> {
    let begin = input.fill_buf()?;
    let first = begin.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(first == Some(&b'['))
}

/// The items of a list, or of the list under `keys`.
fn list(name: &str, text: &str, problems: &Problems) -> Vec<Node> {
    let environment = |name: &str| crate::cli::variable(name);
    let Some(top) = parse(name, text, &environment, problems) else {
        return Vec::new();
    };
    let keys = top.at("keys").cloned().unwrap_or(top);
    match keys.value {
        Value::List(items) => items,
        ref other => {
            let help = "write a list: `- { name: ci, hash: \"sha256:...\" }`, and so on";
            let message = format!("expected a list of keys, found {}", other.kind());
            problems.error_with(&keys, message, help);
            Vec::new()
        }
    }
}

/// What the first row calls the columns.
fn heading(
    file: &Arc<str>,
    rows: &mut Csv<BufReader<File>>,
    problems: &Problems,
) -> io::Result<Vec<Option<Arc<str>>>> {
    let help = format!(
        "the first line names the columns, such as `name,hash`; known: {}",
        COLUMNS.join(", ")
    );
    let cells = match rows.next()? {
        Some(Row::Cells(cells)) => cells,
        Some(Row::Broken { line, message }) => {
            problem(problems, place(file, line, 1), message, Some(help));
            return Ok(Vec::new());
        }
        None => {
            problem(problems, place(file, 1, 1), "the file is empty", Some(help));
            return Ok(Vec::new());
        }
    };
    let mut names: Vec<Option<Arc<str>>> = Vec::new();
    for cell in cells {
        let known = COLUMNS.iter().find(|known| **known == cell.text);
        let here = place(file, cell.line, cell.column);
        let twice = names.iter().flatten().any(|name| **name == *cell.text);
        match known {
            Some(_) if twice => {
                let message = format!("the column `{}` is there twice", cell.text);
                problem(problems, here, message, None);
            }
            Some(_) => {}
            None => {
                let help = match closest(&cell.text, COLUMNS.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => help.clone(),
                };
                let message = format!("unknown column `{}`", cell.text);
                problem(problems, here, message, Some(help));
            }
        }
        names.push(known.map(|known| Arc::from(*known)));
    }
    Ok(names)
}
