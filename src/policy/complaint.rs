//! How mistakes are worded. Text that came from the environment may be secret: it is never quoted.

use crate::document::{Placed, Problems, closest};

/// What a message may show of a text: nothing of what came from the environment.
pub(super) fn shown(text: &Placed<String>) -> String {
    if text.node.from_environment {
        "this value from the environment".into()
    } else {
        format!("`{}`", text.value)
    }
}

/// The known name most like a wrong one, or all of them when they are few.
pub(super) fn suggestion<'a>(
    wrong: &Placed<String>,
    known: impl IntoIterator<Item = &'a str>,
    what: &str,
) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if !wrong.node.from_environment
        && let Some(near) = closest(&wrong.value, known.iter().copied())
    {
        return format!("did you mean `{near}`?");
    }
    match known.len() {
        0 => format!("there are no {what}"),
        1..=12 => format!("{what}: {}", known.join(", ")),
        many => format!("none of the {many} {what} is like it"),
    }
}

/// Reports a text with what is wrong about it, in the form "`text` is not ..." and without quoting
/// the environment. The help must not quote the text.
pub(super) fn complain(text: &Placed<String>, wrong: &str, help: &str, problems: &Problems) {
    problems.error_with(&text.node, format!("{} {wrong}", shown(text)), help);
}

/// Reports a mistake whose message and help quote pieces of the text.
pub(super) fn complain_quoting(
    text: &Placed<String>,
    message: &str,
    help: &str,
    problems: &Problems,
) {
    if text.node.from_environment {
        problems.error(&text.node, format!("{} cannot be used here", shown(text)));
    } else {
        problems.error_with(&text.node, message, help);
    }
}
