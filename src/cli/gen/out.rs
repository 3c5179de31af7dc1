//! Where generated files go.

use std::path::Path;

use super::File;
use crate::cli::exit::Failure;
use crate::cli::output::Output;

/// Prints the files, each behind its name.
pub(super) fn print(files: &[File], output: Output) -> Result<(), Failure> {
    for file in files {
        output.line(format_args!("# file: {}", file.name))?;
        output.line(file.text.trim_end_matches('\n'))?;
    }
    Ok(())
}

/// Writes the files; what stands there already and says something else stays, unless it may be replaced.
pub(super) fn write(
    files: &[File],
    folder: &Path,
    force: bool,
    output: Output,
) -> Result<(), Failure> {
    let in_the_way = |file: &&File| {
        let there = std::fs::read(folder.join(file.name));
        !force && there.is_ok_and(|there| there != file.text.as_bytes())
    };
    if let Some(file) = files.iter().find(in_the_way) {
        return Err(Failure::environment(format_args!(
            "`{}` is there already and says something else; name another folder, or replace it with --force",
            folder.join(file.name).display()
        )));
    }
    let wrote = |path: &Path, done: std::io::Result<()>| {
        done.map_err(|error| {
            Failure::environment(format_args!("cannot write `{}`: {error}", path.display()))
        })
    };
    wrote(folder, std::fs::create_dir_all(folder))?;
    for file in files {
        let path = folder.join(file.name);
        if let Some(parent) = path.parent() {
            wrote(parent, std::fs::create_dir_all(parent))?;
        }
        wrote(&path, std::fs::write(&path, &file.text))?;
        output.line(path.display())?;
    }
    Ok(())
}
