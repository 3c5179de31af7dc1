//! A report for people.

use std::io;

use crate::cli::output::{Output, Tone};
use crate::cli::trial::shown;

use super::change::Change;
use super::report::{Report, rounded};
use super::tally::{Count, Example, Group, Key, Lack};
use super::words::{counted, number, plain};

/// Prints it.
pub(super) fn report(report: &Report<'_>, output: Output) -> io::Result<()> {
    for note in report.notes() {
        let mark = output.tint_note(Tone::Strong, "note:");
        output.note(format_args!("{mark} {note}"));
    }
    summary(report, output)?;
    for (key, group) in report.groups() {
        output.line("")?;
        output.line(headline(report, key, group, output))?;
        examples(report, group, output)?;
    }
    for (lack, found) in report.lacks() {
        output.line("")?;
        unknown(report, lack, found, output)?;
    }
    drift(report, output)?;
    broken(report, output)
}

fn summary(report: &Report<'_>, output: Output) -> io::Result<()> {
    let tally = report.tally;
    let flips = tally.count(Change::AllowToDeny).records + tally.count(Change::DenyToAllow).records;
    let tone = if flips == 0 { Tone::Good } else { Tone::Bad };
    let word = if flips == 1 { "flips" } else { "flip" };
    let flips = output.tint(tone, format_args!("{} {word}", number(flips)));
    output.line(format_args!("{}: {flips}", amount(report, tally.records)))?;
    let row = |name: &str, count: Count| {
        if count.records == 0 {
            return Ok(());
        }
        output.line(format_args!("  {name:<15} {}", amount(report, count)))
    };
    for change in Change::ALL {
        row(name(change), tally.count(change))?;
    }
    row("no decision", tally.skipped)?;
    policies(report, output)
}

/// Which policies the records came from, unless all came from one that is known.
fn policies(report: &Report<'_>, output: Output) -> io::Result<()> {
    let policies = &report.tally.policies;
    let of = |loaded: &super::load::Loaded| loaded.world.engine.version().to_string();
    let (new, old) = (of(report.new), report.old.map(of));
    for (policy, count) in policies {
        let which = match policy {
            policy if **policy == *new => " (the new one)",
            policy if Some(&**policy) == old.as_deref() => " (the old one)",
            _ => "",
        };
        let policy = if policy.is_empty() {
            "not named"
        } else {
            policy
        };
        let count = counted(*count, "record");
        output.line(format_args!(
            "  policy          {}{which}: {count}",
            plain(policy)
        ))?;
    }
    Ok(())
}

fn name(change: Change) -> &'static str {
    match change {
        Change::AllowToDeny => "allow -> deny",
        Change::DenyToAllow => "deny -> allow",
        Change::Reason => "other reason",
        Change::Unknown => "unknown",
        Change::Same => "the same",
    }
}

/// `1,204 records`, or what they stand for where not all were recorded.
fn amount(report: &Report<'_>, count: Count) -> String {
    let records = counted(count.records, "record");
    match report.is_sampled() {
        true => format!("{records}, about {}", counted(rounded(count), "request")),
        false => records,
    }
}

fn headline(report: &Report<'_>, key: &Key, group: &Group, output: Output) -> String {
    let change = format!("{} -> {}", key.before, key.after);
    let tone = match key.change {
        Change::AllowToDeny | Change::DenyToAllow => Tone::Bad,
        Change::Reason | Change::Unknown | Change::Same => Tone::Strong,
    };
    let subjects = match group.subjects() {
        0 => String::new(),
        subjects => format!(", {}", counted(subjects as u64, "subject")),
    };
    format!(
        "{}  {}  {}{subjects}",
        output.tint(tone, change),
        routes(key),
        amount(report, group.count)
    )
}

fn routes(key: &Key) -> String {
    let named = |route: &Option<Box<str>>| match route {
        Some(route) => format!("`{}`", plain(route)),
        None => "none".to_owned(),
    };
    match key.route_before == key.route_after {
        true => format!("route {}", named(&key.route_after)),
        false => format!(
            "route {}, before {}",
            named(&key.route_after),
            named(&key.route_before)
        ),
    }
}

fn examples(report: &Report<'_>, group: &Group, output: Output) -> io::Result<()> {
    for example in &group.examples {
        output.line(format_args!("  {}", first_line(example)))?;
        let why = match &example.told {
            Some((rule, told)) => format!(
                "{}: asks for {}; has {}",
                rule.as_str(),
                told.asks,
                told.has
            ),
            None => example.detail.clone(),
        };
        if !why.is_empty() {
            output.line(format_args!("      {}", plain(&why)))?;
        }
        if let Some(hint) = report.hint(example.at) {
            output.line(format_args!(
                "      {}",
                output.tint(Tone::Faint, plain(&hint))
            ))?;
        }
    }
    Ok(())
}

fn first_line(example: &Example) -> String {
    let time = example.time.map(shown).unwrap_or_default();
    let who = match &example.subject {
        None => "nobody".to_owned(),
        Some(subject) if example.roles.is_empty() => format!("{subject}, no role"),
        Some(subject) => format!("{subject} ({})", example.roles.join(", ")),
    };
    let id = example.request_id.as_deref();
    let id = id.map(|id| format!("  {id}")).unwrap_or_default();
    plain(&format!(
        "{time}  {} {}  {who}{id}",
        example.method, example.path
    ))
}

fn unknown(
    report: &Report<'_>,
    (what, why): &(super::missing::What, std::borrow::Cow<'static, str>),
    lack: &Lack,
    output: Output,
) -> io::Result<()> {
    let group = &lack.group;
    let head = output.tint(
        Tone::Strong,
        format_args!("unknown: {}", plain(&what.to_string())),
    );
    output.line(format_args!(
        "{head} ({})  {}",
        plain(why),
        amount(report, group.count)
    ))?;
    for (route, rule) in &lack.readers {
        let route = route.as_deref().map(plain);
        output.line(match (rule, route) {
            (Some(rule), Some(route)) => {
                format!("  read by `{}` of route `{route}`", rule.as_str())
            }
            (_, Some(route)) => format!("  asked by route `{route}`"),
            (_, None) => "  asked to find the route".to_owned(),
        })?;
    }
    output.line(format_args!("  {}", what.advice(why)))?;
    examples(report, group, output)
}

fn drift(report: &Report<'_>, output: Output) -> io::Result<()> {
    let drift = report.drift();
    if drift.is_empty() {
        return Ok(());
    }
    output.line("")?;
    let head = "drift: the old policy does not decide as was recorded";
    output.line(output.tint(Tone::Strong, head))?;
    for (key, group) in drift {
        output.line(format_args!(
            "  recorded {}",
            headline(report, key, group, output)
        ))?;
        examples(report, group, output)?;
    }
    Ok(())
}

fn broken(report: &Report<'_>, output: Output) -> io::Result<()> {
    let tally = report.tally;
    if tally.broken == 0 {
        return Ok(());
    }
    output.line("")?;
    let head = format!("broken: {}", counted(tally.broken, "line"));
    output.line(output.tint(Tone::Strong, head))?;
    for (at, problem) in &tally.broken_lines {
        let log = report.log(*at);
        output.line(format_args!(
            "  {}:{}: {}",
            plain(&log),
            at.line,
            plain(problem)
        ))?;
    }
    let named = tally.broken_lines.len() as u64;
    if tally.broken > named {
        output.line(format_args!("  and {} more", number(tally.broken - named)))?;
    }
    Ok(())
}
