//! The conformance cases of the Common Expression Language specification.
//!
//! They are not part of the project: `../shared/vectors`, or the folder that `SIDEGATE_VECTORS`
//! names. Without them the test says that it was left out.

mod cases;
mod textproto;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cases::{Verdict, judge};

/// Every reason for which a case may be left out. A case that is refused for any other is a
/// disagreement, so that none disappears in silence.
const LEFT_OUT: [&str; 40] = [
    "names of messages and enums",
    "names within containers",
    "expressions that fail the check, with the check disabled",
    "functions of the environment",
    "variables with more than one dot in their name",
    "types of the kind message_type",
    "types of the kind abstract_type",
    "types of the kind wrapper",
    "message literals: not supported",
    "messages: [type.googleapis.com/cel.expr.conformance.proto3.TestAllTypes]",
    "optional elements (`[?...]`): not supported",
    "optional entries (`{?...}`): not supported",
    "optional field selection (`.?`): not supported",
    "optional indexing (`[?`): not supported",
    "time zones by name: not supported",
    "function `format`: not supported",
    "function `hasValue`: not supported",
    "function `orValue`: not supported",
    "function `value`: not supported",
    "function `optional.of`: not supported",
    "function `optional.none`: not supported",
    "function `base64.encode`: not supported",
    "function `base64.decode`: not supported",
    "function `math.abs`: not supported",
    "function `math.bitAnd`: not supported",
    "function `math.bitNot`: not supported",
    "function `math.bitOr`: not supported",
    "function `math.bitShiftLeft`: not supported",
    "function `math.bitShiftRight`: not supported",
    "function `math.bitXor`: not supported",
    "function `math.ceil`: not supported",
    "function `math.floor`: not supported",
    "function `math.greatest`: not supported",
    "function `math.isFinite`: not supported",
    "function `math.isInf`: not supported",
    "function `math.isNaN`: not supported",
    "function `math.least`: not supported",
    "function `math.round`: not supported",
    "function `math.sign`: not supported",
    "function `math.trunc`: not supported",
];

fn vectors() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors");
    let root = std::env::var_os("SIDEGATE_VECTORS").map_or_else(beside, PathBuf::from);
    let folder = root.join("cel");
    folder.is_dir().then_some(folder)
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ext| ext == "textproto"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[derive(Default, Debug)]
struct Count {
    agreed: usize,
    at_load: usize,
    left: usize,
}

#[test]
fn what_is_supported_agrees_with_the_conformance_cases_of_cel() {
    let Some(folder) = vectors() else {
        println!("left out: no conformance cases of CEL");
        return;
    };
    let mut disagreed = Vec::new();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut total = Count::default();
    for (file, text) in files(&folder) {
        let mut count = Count::default();
        let message = textproto::read(&text);
        for section in message.all("section") {
            for case in section.all("test") {
                let place = format!(
                    "{file}/{}/{}",
                    section.text("name").unwrap(),
                    case.text("name").unwrap()
                );
                match judge(case) {
                    Verdict::Agreed => count.agreed += 1,
                    Verdict::AgreedAtLoad => count.at_load += 1,
                    Verdict::Left(reason) => {
                        count.left += 1;
                        *reasons.entry(reason).or_default() += 1;
                    }
                    Verdict::Disagreed(why) => {
                        let expr = case.text("expr").unwrap();
                        disagreed.push(format!("{place}: `{expr}`: {why}"));
                    }
                }
            }
        }
        println!(
            "{file}: {} agreed, {} refused at load where an error is wanted, {} left out",
            count.agreed, count.at_load, count.left
        );
        total.agreed += count.agreed;
        total.at_load += count.at_load;
        total.left += count.left;
    }
    println!("{total:?}, {} disagreed", disagreed.len());
    for (reason, count) in &reasons {
        println!("left out {count}: {reason}");
    }
    let unforeseen: Vec<_> = reasons
        .keys()
        .filter(|reason| !LEFT_OUT.contains(&reason.as_str()))
        .collect();
    assert_eq!(disagreed, Vec::<String>::new());
    assert_eq!(unforeseen, Vec::<&String>::new());
    assert!(total.agreed > 1_000, "{total:?}");
}
