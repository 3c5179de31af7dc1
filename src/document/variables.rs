//! `${NAME}` and `${NAME:-default}` in a text, taken from the environment; `$${` stands for `${`.

/// Where `${NAME}` is looked up.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A text with its variables replaced.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    pub(super) text: String,
    /// Whether a variable was named, be it set or not.
    pub(super) from_environment: bool,
    /// Whether the text is the value of one variable and nothing that stands in the file.
    pub(super) is_variable: bool,
    pub(super) mistakes: Vec<String>,
}

pub(super) fn expand(text: &str, environment: Environment<'_>) -> Expanded {
    let mut expanded = Expanded {
        is_variable: is_variable(text, environment),
        ..Expanded::default()
    };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(escaped) = before.strip_suffix('$') {
            expanded.text.push_str(escaped);
            expanded.text.push_str("${");
            rest = after;
            continue;
        }
        expanded.text.push_str(before);
        let Some((inside, after)) = after.split_once('}') else {
            let mistake = "`${` without a closing brace";
            expanded.mistakes.push(mistake.into());
            return expanded;
        };
        expanded.from_environment = true;
        match lookup(inside, environment) {
            Ok(value) => expanded.text.push_str(&value),
            Err(mistake) => expanded.mistakes.push(mistake),
        }
        rest = after;
    }
    expanded.text.push_str(rest);
    expanded
}

/// Whether a text is `${NAME}` alone and the variable is set, so that no default stands in.
fn is_variable(text: &str, environment: Environment<'_>) -> bool {
    let inside = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|inside| {
        let (name, _) = name_and_default(inside);
        !inside.contains('}') && value(name, environment).is_some()
    })
}

fn name_and_default(inside: &str) -> (&str, Option<&str>) {
    match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    }
}

/// A variable's value; an empty one counts as not set.
fn value(name: &str, environment: Environment<'_>) -> Option<String> {
    environment(name).filter(|value| !value.is_empty())
}

fn lookup(inside: &str, environment: Environment<'_>) -> Result<String, String> {
    let (name, default) = name_and_default(inside);
    // The brace that ended this one was meant to end the one inside.
    if inside.contains("${") {
        return Err(format!(
            "the default of `${{{name}}}` names another variable, and variables do not nest"
        ));
    }
    let found = value(name, environment).or_else(|| default.map(str::to_owned));
    found.ok_or_else(|| {
        format!("the environment variable `{name}` is not set, or empty; set it or write `${{{name}:-default}}`")
    })
}
