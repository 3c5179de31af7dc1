//! Files with places to fill in.
//!
//! A place is a name between two `@`. One that stands alone on its line takes any number of lines, each at the
//! place's own depth; with none, its line goes. What is filled in is never looked at again.

/// What stands at the places, by their names.
pub(super) type Places<'a> = &'a [(&'a str, String)];

/// Fills a template. A place that nobody fills stays as it is, so that a test can find it.
pub(super) fn fill(template: &str, places: Places<'_>) -> String {
    let mut filled = String::with_capacity(template.len() * 2);
    for line in template.lines() {
        match alone(line, places) {
            Some((depth, value)) => {
                for line in value.lines() {
                    let depth = if line.is_empty() { "" } else { depth };
                    filled.extend([depth, line, "\n"]);
                }
            }
            None => {
                within(line, places, &mut filled);
                filled.push('\n');
            }
        }
    }
    filled
}

/// The place that a line consists of: what stands before it, and its value.
fn alone<'l>(line: &'l str, places: Places<'l>) -> Option<(&'l str, &'l str)> {
    let name = line.trim().strip_prefix('@')?.strip_suffix('@')?;
    let (_, value) = places.iter().find(|(known, _)| *known == name)?;
    let depth = line.len() - line.trim_start().len();
    Some((line.get(..depth)?, value))
}

/// A line for each, for a place that stands alone on its own.
pub(super) fn listed<T>(items: impl IntoIterator<Item = T>, line: impl Fn(T) -> String) -> String {
    let lines: Vec<String> = items.into_iter().map(line).collect();
    lines.join("\n")
}

fn within(line: &str, places: Places<'_>, filled: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('@') {
        filled.push_str(before);
        let place = after.split_once('@').and_then(|(name, behind)| {
            let (_, value) = places.iter().find(|(known, _)| *known == name)?;
            Some((value, behind))
        });
        match place {
            Some((value, behind)) => {
                filled.push_str(value);
                rest = behind;
            }
            None => {
                filled.push('@');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_at_their_depth_and_never_twice() {
        let text = "a @x@ b@x@ me@here @y\n  @x@\n  @none@\n";
        let places = [("x", "@y@\n1".to_owned()), ("none", String::new())];
        let filled = "a @y@\n1 b@y@\n1 me@here @y\n  @y@\n  1\n";
        assert_eq!(fill(text, &places), filled);
    }
}
