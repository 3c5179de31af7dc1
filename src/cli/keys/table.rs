//! Tables that fit a terminal.

/// The widest that a table grows, in characters, as long as what must not be cut leaves room.
const WIDTH: usize = 100;
/// What stands between two columns.
const GAP: &str = "  ";
/// The narrowest that a column is made that may be cut, in characters.
const NARROWEST: usize = 6;

/// A column.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Column {
    /// Its heading.
    pub(in crate::cli) name: &'static str,
    /// Whether a long value may lose its end, so that the table fits.
    pub(in crate::cli) cut: bool,
    /// Whether values are numbers, which stand to the right.
    pub(in crate::cli) number: bool,
}

impl Column {
    /// One whose values are always shown whole.
    pub(in crate::cli) const fn whole(name: &'static str) -> Self {
        Self {
            name,
            cut: false,
            number: false,
        }
    }

    /// One whose long values lose their ends.
    pub(in crate::cli) const fn cut(name: &'static str) -> Self {
        Self {
            cut: true,
            ..Self::whole(name)
        }
    }

    /// One with numbers.
    pub(in crate::cli) const fn number(name: &'static str) -> Self {
        Self {
            number: true,
            ..Self::whole(name)
        }
    }
}

/// How wide the columns of a table are, settled by its first rows.
#[derive(Debug)]
pub(in crate::cli) struct Table {
    columns: Vec<(Column, usize)>,
}

impl Table {
    /// Makes room for these rows.
    pub(in crate::cli) fn new(columns: &[Column], rows: &[Vec<String>]) -> Self {
        let measured = columns.iter().enumerate().map(|(at, column)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            let widest = cells.map(|cell| width(cell)).max().unwrap_or(0);
            (*column, widest.max(width(column.name)))
        });
        let mut table = Self {
            columns: measured.collect(),
        };
        table.narrow();
        table
    }

    /// Takes room from the widest column that may be cut, until the table fits.
    fn narrow(&mut self) {
        while self.width() > WIDTH {
            let columns = self.columns.iter_mut();
            let widest = columns
                .filter(|(column, width)| column.cut && *width > NARROWEST)
                .max_by_key(|(_, width)| *width);
            let Some((_, width)) = widest else {
                return;
            };
            *width -= 1;
        }
    }

    fn width(&self) -> usize {
        let gaps = self.columns.len().saturating_sub(1) * GAP.len();
        let cells: usize = self.columns.iter().map(|(_, width)| width).sum();
        gaps + cells
    }

    /// The headings.
    pub(in crate::cli) fn head(&self) -> String {
        let names = self.columns.iter().map(|(column, _)| column.name);
        self.line(names.map(str::to_uppercase))
    }

    /// A row.
    pub(in crate::cli) fn row(&self, cells: &[String]) -> String {
        self.line(cells.iter().cloned())
    }

    fn line(&self, cells: impl Iterator<Item = String>) -> String {
        let mut line = String::new();
        for ((column, width), cell) in self.columns.iter().zip(cells) {
            if !line.is_empty() {
                line.push_str(GAP);
            }
            let cell = match column.cut {
                true => shortened(&plain(&cell), *width),
                false => plain(&cell),
            };
            match column.number {
                true => line.push_str(&format!("{cell:>width$}")),
                false => line.push_str(&format!("{cell:<width$}")),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// In characters, as they are shown.
fn width(text: &str) -> usize {
    plain(text).chars().count()
}

/// A text on one line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

fn shortened(text: &str, width: usize) -> String {
    match text.chars().count() > width {
        true => {
            let kept = text.chars().take(width.saturating_sub(1));
            kept.chain(['…']).collect()
        }
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::whole("id"),
        Column::cut("name"),
        Column::cut("scopes"),
        Column::number("uses"),
    ];

    fn rows(rows: &[[&str; 4]]) -> Vec<Vec<String>> {
        let owned = |row: &[&str; 4]| row.iter().map(|cell| (*cell).to_owned()).collect();
        rows.iter().map(owned).collect()
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = rows(&[["a1", "ci", "a b", "7"], ["b22", "deploy", "*", "12000"]]);
        let table = Table::new(&COLUMNS, &rows);
        assert_eq!(table.head(), "ID   NAME    SCOPES   USES");
        assert_eq!(table.row(&rows[0]), "a1   ci      a b         7");
        assert_eq!(table.row(&rows[1]), "b22  deploy  *       12000");
    }

    #[test]
    fn long_values_lose_their_ends_and_ids_never_do() {
        let id = "0b0e5d6e-5b0e-4b43-9d4f-3d8f0e1c2a3b";
        let rows = rows(&[[id, &"n".repeat(80), &"s".repeat(60), "1"]]);
        let table = Table::new(&COLUMNS, &rows);
        let line = table.row(&rows[0]);
        assert_eq!(line.chars().count(), WIDTH, "{line}");
        assert!(line.starts_with(id) && line.contains('…'), "{line}");
    }

    #[test]
    fn row_that_came_later_keeps_to_the_columns() {
        let rows = rows(&[["a", "b", "c", "1"], ["a", "a very long name", "c", "1"]]);
        let table = Table::new(&COLUMNS, &rows[..1]);
        assert_eq!(table.row(&rows[1]), "a   a v…  c          1");
    }

    #[test]
    fn value_does_not_break_the_line() {
        let rows = rows(&[["a", "b\nc\x1b[2J", "c", "1"]]);
        let line = Table::new(&COLUMNS, &rows).row(&rows[0]);
        assert!(!line.contains(['\n', '\x1b']), "{line}");
    }
}
