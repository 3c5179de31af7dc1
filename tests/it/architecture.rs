//! The map in `src/lib.rs` is the fixture: what it does not allow, no file may import.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Table = BTreeMap<String, BTreeSet<String>>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The words in backticks of one table cell.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The table of the crate documentation whose header begins with `header`: first column to last.
fn table(header: &str) -> Table {
    let map = fs::read_to_string(source().join("lib.rs")).unwrap();
    let rows = map
        .lines()
        .skip_while(|line| !line.starts_with(header))
        .skip(2);
    rows.take_while(|line| line.starts_with("//! |"))
        .map(|line| {
            let cells: Vec<_> = line
                .trim_start_matches("//! |")
                .trim_end_matches('|')
                .split('|')
                .collect();
            let room = names(cells[0]).pop_first().unwrap();
            (room, names(cells[cells.len() - 1]))
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The room a file belongs to; nothing for `lib.rs` and `main.rs`.
fn room_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(source()).unwrap();
    (inside.components().count() > 1).then(|| {
        inside
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap()
            .to_owned()
    })
}

/// The production part of a file: tests may use what they like.
fn production(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap()
        .to_owned()
}

fn is_test(file: &Path) -> bool {
    file.components()
        .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}

/// Every room named by `crate::<room>` in a line of code.
fn rooms_named(line: &str) -> BTreeSet<String> {
    let code = line.split("//").next().unwrap_or(line);
    code.split("crate::")
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .collect()
}

#[test]
fn rooms_import_only_what_the_map_allows() {
    let allowed = table("//! | room |");
    assert!(allowed.len() > 10, "the map was not found: {allowed:?}");
    let mut forbidden = Vec::new();
    for file in rust_files(&source()).iter().filter(|file| !is_test(file)) {
        let Some(room) = room_of(file) else { continue };
        if room == "app" || room == "cli" {
            continue;
        }
        for named in production(file).lines().flat_map(rooms_named) {
            let known = allowed.contains_key(&named);
            if known && named != room && !allowed[&room].contains(&named) {
                forbidden.push(format!("{}: {room} -> {named}", file.display()));
            }
        }
    }
    assert_eq!(forbidden, Vec::<String>::new());
}

#[test]
fn every_room_stands_on_the_map() {
    let map = table("//! | room |");
    let rooms: BTreeSet<_> = rust_files(&source())
        .iter()
        .filter_map(|file| room_of(file))
        .collect();
    assert_eq!(rooms, map.into_keys().collect());
}

#[test]
fn nothing_imports_the_commands() {
    for file in rust_files(&source())
        .iter()
        .filter(|file| room_of(file).is_some_and(|room| room != "cli"))
    {
        let text = production(file);
        assert!(
            !text.lines().flat_map(rooms_named).any(|room| room == "cli"),
            "{}",
            file.display()
        );
    }
}

#[test]
fn crates_stay_in_their_rooms() {
    let homes = table("//! | crate |");
    assert!(homes.len() > 5, "the table was not found: {homes:?}");
    let mut strays = Vec::new();
    for file in rust_files(&source()).iter().filter(|file| !is_test(file)) {
        let Some(room) = room_of(file) else { continue };
        for (name, rooms) in &homes {
            let used = production(file).lines().any(|line| {
                let code = line.split("//").next().unwrap_or(line);
                code.contains(&format!("{name}::")) && !code.contains(&format!("_{name}::"))
            });
            if used && !rooms.contains(&room) {
                strays.push(format!("{}: {name}", file.display()));
            }
        }
    }
    assert_eq!(strays, Vec::<String>::new());
}

#[test]
fn every_room_has_a_front_page_of_at_most_25_lines() {
    for room in table("//! | room |").keys() {
        let page = fs::read_to_string(source().join(room).join("mod.rs")).unwrap();
        let lines = page
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .count();
        assert!((1..=25).contains(&lines), "{room}: {lines} lines");
    }
}
