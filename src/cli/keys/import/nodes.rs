//! Rows as nodes, which whatever reads a file can read.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::document::{Key, Layout, Node, Place, Problem, Problems, Severity, Value};

use super::csv::Cell;

/// A row of cells. An empty one says nothing.
pub(super) fn cells_as_node(
    file: &Arc<str>,
    cells: Vec<Cell>,
    columns: &[Option<Arc<str>>],
    problems: &Problems,
) -> Option<Node> {
    let first = cells.first()?;
    let here = place(file, first.line, 1);
    if cells.len() != columns.len() {
        // Without a heading there is nothing to compare with, and that has been said.
        if !columns.is_empty() {
            let message = format!(
                "the row has {} values, and the heading {}",
                cells.len(),
                columns.len()
            );
            let help = "put a value with a comma in it in quotation marks".to_owned();
            problem(problems, here, message, Some(help));
        }
        return None;
    }
    let filled = cells.into_iter().zip(columns);
    let filled = filled.filter(|(cell, _)| !cell.text.is_empty());
    let entries = filled.filter_map(|(cell, name)| {
        let name = name.as_ref()?;
        let place = place(file, cell.line, cell.column);
        let key = Key {
            name: name.to_string(),
            place: place.clone(),
        };
        Some((key, node(Value::Text(cell.text), &place, name)))
    });
    let entries = entries.collect();
    Some(node(Value::Map(entries), &here, &Arc::from("")))
}

/// A line of JSON.
pub(super) fn object(place: &Place, text: &[u8], problems: &Problems) -> Option<Node> {
    if text.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    match serde_json::from_slice::<Json>(text) {
        Ok(Json::Object(entries)) => {
            let entries = entries.into_iter().map(|(name, value)| {
                let path = Arc::from(name.as_str());
                let key = Key {
                    name,
                    place: place.clone(),
                };
                (key, json(value, place, &path))
            });
            let entries = entries.collect();
            Some(node(Value::Map(entries), place, &Arc::from("")))
        }
        Ok(_) => {
            let help = "write one object a line: `{\"name\":\"ci\",\"hash\":\"sha256:...\"}`";
            problem(
                problems,
                place.clone(),
                "expected an object",
                Some(help.to_owned()),
            );
            None
        }
        Err(error) => {
            let here = Place {
                column: u32::try_from(error.column()).unwrap_or(u32::MAX).max(1),
                ..place.clone()
            };
            // The text of the error quotes nothing of the line.
            let what = match error.is_eof() {
                true => "the object does not end on its line",
                false => "not valid JSON",
            };
            problem(problems, here, what, None);
            None
        }
    }
}

fn json(value: Json, place: &Place, path: &Arc<str>) -> Node {
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(items) => Value::List(
            items
                .into_iter()
                .map(|item| json(item, place, path))
                .collect(),
        ),
        Json::Object(entries) => {
            let entries = entries.into_iter().map(|(name, value)| {
                let key = Key {
                    name,
                    place: place.clone(),
                };
                (key, json(value, place, path))
            });
            Value::Map(entries.collect())
        }
    };
    node(value, place, path)
}

fn node(value: Value, place: &Place, path: &Arc<str>) -> Node {
    Node {
        value,
        place: place.clone(),
        path: Arc::clone(path),
        from_environment: false,
        is_variable: false,
        layout: Layout::Opaque,
    }
}

/// A place in a file.
pub(super) fn place(file: &Arc<str>, line: u32, column: u32) -> Place {
    Place {
        file: Arc::clone(file),
        line,
        column,
    }
}

/// Adds an error.
pub(super) fn problem(
    problems: &Problems,
    place: Place,
    message: impl Into<String>,
    help: Option<String>,
) {
    problems.add(Problem {
        severity: Severity::Error,
        lint: None,
        place,
        path: String::new(),
        message: message.into(),
        help,
    });
}
