//! A hostile policy is refused, or handled within bounds: `check` ends in time, in memory, with a message
//! that a person can read and that cannot drive a terminal.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

/// Far more than any of these takes, on the slowest machine.
const SECONDS: u32 = 240;
/// What `check` may use of memory, in KiB. All that one file may say fits in.
const MEMORY: u32 = 2 << 20;

const ISSUERS: &str = "issuers:\n  main: { url: https://idp.example.com, audience: my-api }\n";

/// Runs `check` within the bounds; gives its exit code and what it said.
fn check(policy: impl AsRef<[u8]>) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, policy).unwrap();
    check_file(&file)
}

fn check_file(file: &Path) -> (i32, String) {
    let output = run(file, "");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(said.len() < 4 << 20, "{} bytes were said", said.len());
    (output.status.code().unwrap_or(-1), said)
}

fn run(file: &Path, more: &str) -> Output {
    let script =
        format!("ulimit -v {MEMORY}; exec timeout {SECONDS} \"$0\" check --policy \"$1\" {more}");
    Command::new("sh")
        .args(["-c", &script])
        .arg(env!("CARGO_BIN_EXE_sidegate"))
        .arg(file)
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap()
}

/// Refused with a message that says why.
fn assert_refused(policy: impl AsRef<[u8]>, why: &str) {
    let (code, said) = check(policy);
    let shown: String = said.chars().take(2_000).collect();
    assert_eq!(code, 1, "{why}: {shown}");
    assert!(said.contains(why), "{why} is not in: {shown}");
}

fn assert_loads(policy: impl AsRef<[u8]>) {
    let (code, said) = check(policy);
    let shown: String = said.chars().take(2_000).collect();
    assert_eq!(code, 0, "{shown}");
}

/// So many lines, made from their numbers.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0..count {
        writeln!(text, "{}", line(number)).unwrap();
    }
    text
}

fn routes(count: usize, route: impl Fn(usize) -> String) -> String {
    format!(
        "{ISSUERS}routes:\n{}",
        lines(count, |number| format!("  - {}", route(number)))
    )
}

#[test]
fn a_hundred_thousand_routes_load() {
    assert_loads(routes(100_000, |number| format!("path: /api/v{number}/**")));
}

#[test]
fn more_values_than_half_a_million_are_refused() {
    assert_refused(
        routes(260_000, |number| format!("path: /a{number}")),
        "holds too much",
    );
}

#[test]
fn large_file_is_refused_without_being_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    // A hole: nothing but its length is on the disk.
    let hole = std::fs::File::create(&file).unwrap();
    hole.set_len(100 << 20).unwrap();
    let (code, said) = check_file(&file);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("larger than 16 MiB"), "{said}");
    hole.set_len(1 << 40).unwrap();
    assert_eq!(check_file(&file), (code, said));
}

#[test]
fn bombs_of_aliases_are_refused() {
    let ten = |of: &str| format!("[{}]", [of; 10].join(", "));
    let mut laughs = format!("a0: &a0 {}\n", ten("x"));
    for level in 1..9 {
        let inside = ten(&format!("*a{}", level - 1));
        writeln!(laughs, "a{level}: &a{level} {inside}").unwrap();
    }
    assert_refused(laughs, "holds too much");
    // Few values, but much text.
    let text = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1_000_000),
        vec!["*a"; 10_000].join(", ")
    );
    assert_refused(text, "holds too much");
    // Each level holds one value only, and the depth of the file itself stays the same.
    let chain = lines(5_000, |number| {
        format!("a{0}: &a{0} [*a{1}]", number + 1, number)
    });
    assert_refused(format!("a0: &a0 [x]\n{chain}"), "nests too deep");
    // Within a list of routes.
    let bomb = "{ path: /a, roles: &r [a, b, c, d, e, f, g, h, i, j] }".to_owned();
    let routes = routes(60_000, |number| match number {
        0 => bomb.clone(),
        _ => format!("{{ path: /a{number}, roles: *r }}"),
    });
    assert_refused(routes, "holds too much");
}

#[test]
fn copies_that_anchors_keep_are_counted() {
    let mut nested = "x".to_owned();
    nested = format!("[{}]", vec![nested.as_str(); 100_000].join(","));
    for level in 0..30 {
        nested = format!("&a{level} [{nested}]");
    }
    assert_refused(format!("a: {nested}\n"), "holds too much");
}

#[test]
fn deep_nesting_is_refused_before_the_stack_ends() {
    let blocks = lines(2_000, |level| format!("{}a:", " ".repeat(level)));
    assert_refused(blocks, "nests too deep");
    assert_refused(
        format!("a: {}{}", "[".repeat(40), "]".repeat(40)),
        "nests too deep",
    );
    // The parser has a bound of its own.
    for count in [40, 1_000, 100_000, 4_000_000] {
        for (open, close) in [("[", "]"), ("{a: ", "}")] {
            let nested = open.repeat(count) + &close.repeat(count);
            assert_eq!(check(format!("a: {nested}")).0, 1, "{count} times {open}");
            assert_eq!(
                check(format!("a: {}", open.repeat(count))).0,
                1,
                "{count} times {open}"
            );
        }
    }
}

#[test]
fn long_texts_and_keys_are_shown_short() {
    let long = "a".repeat(1_000_000);
    let known = format!("{ISSUERS}routes:\n  - path: /a\n");
    for (policy, why) in [
        (format!("{known}    host: [{long}]\n"), "is not a host"),
        (format!("{known}    method: {long}\n"), "is not a method"),
        (format!("{known}? {long}\n: x\n"), "longer than 1 KiB"),
        (format!("{known}'{long}': x\n"), "policy.yaml:5:"),
        (format!("{known}public: '{long}'\n"), "unknown key"),
        (
            format!("{ISSUERS}routes:\n  - path: /{}\n", "a/".repeat(500_000)),
            "more than 64 segments",
        ),
        (
            format!("{ISSUERS}routes:\n  - {{ path: /a, public: {long} }}\n"),
            "expected true or false",
        ),
    ] {
        let (code, said) = check(policy);
        assert_eq!(code, 1, "{why}");
        assert!(
            said.contains(why) && said.len() < 10_000,
            "{why}: {} bytes",
            said.len()
        );
    }
    // The path of a value is shown with every problem, and kept for every value.
    let mut inside = format!("[{}]", vec!["x"; 400_000].join(","));
    for _ in 0..30 {
        inside = format!("{{ {}: {inside} }}", "k".repeat(1_000));
    }
    let (code, said) = check(format!("{known}deep: {inside}\n"));
    assert!(code == 1 && said.len() < 10_000, "{} bytes", said.len());
}

#[test]
fn roles_that_include_each_other_a_thousandfold_are_bounded() {
    let chain = lines(10_000, |number| {
        format!("  r{number}: {{ includes: [r{}] }}", number + 1)
    });
    assert_loads(format!(
        "{ISSUERS}roles:\n{chain}  r10000: [a:b]\nroutes:\n  - {{ path: /a, roles: [r10000] }}\n"
    ));
    assert_refused(
        format!("{ISSUERS}roles:\n{chain}  r10000: {{ includes: [r0] }}\nroutes:\n  - path: /a\n"),
        "the role `r0` includes itself",
    );
    // Everyone includes everyone, as far as a file can say that.
    let all: Vec<String> = (0..600).map(|number| format!("r{number}")).collect();
    let all = all.join(", ");
    let clique = lines(600, |number| {
        format!("  r{number}: {{ includes: [{all}] }}")
    });
    assert_refused(
        format!("{ISSUERS}roles:\n{clique}routes:\n  - path: /a\n"),
        "includes itself",
    );
    // Many routes, each asking for what many roles hold.
    let holders = lines(3_000, |number| {
        format!("  r{number}: {{ includes: [base] }}")
    });
    let asking = lines(3_000, |number| {
        format!("  - {{ path: /a{number}, roles: [base] }}")
    });
    assert_refused(
        format!("{ISSUERS}roles:\n  base: [a:b]\n{holders}routes:\n{asking}"),
        "too many roles include each other",
    );
}

#[test]
fn long_lists_are_handled_or_refused() {
    let listed = |count: usize, item: &dyn Fn(usize) -> String| {
        let items: Vec<String> = (0..count).map(item).collect();
        items.join(", ")
    };
    let hosts = listed(10_000, &|number| format!("h{number}.example.com"));
    assert_loads(format!(
        "{ISSUERS}routes:\n  - {{ path: /a, host: [{hosts}] }}\n"
    ));
    for (key, count) in [("host", 100_000), ("methods", 10_001), ("roles", 400_000)] {
        let items = listed(count, &|number| format!("M{number}"));
        let policy = format!("{ISSUERS}routes:\n  - {{ path: /a, {key}: [{items}] }}\n");
        assert_refused(policy, "are more than the");
    }
    let headers = lines(100_000, |number| format!("  X-H{number}: a"));
    let policy = format!("{ISSUERS}identity_headers:\n{headers}routes:\n  - path: /a\n");
    assert_refused(policy, "are more than the");
    let stripped = listed(100_000, &|number| format!("X-H{number}"));
    let policy = format!("{ISSUERS}strip_headers: [{stripped}]\nroutes:\n  - path: /a\n");
    assert_refused(policy, "are more than the");
}

#[test]
fn permissions_and_grants_by_the_thousand_load() {
    let roles = lines(20_000, |number| format!("  r{number}: ['p{number}:read']"));
    let asking = lines(20_000, |number| {
        format!("  - {{ path: /a{number}, permission: 'p{number}:read' }}")
    });
    assert_loads(format!("{ISSUERS}roles:\n{roles}routes:\n{asking}"));
}

#[test]
fn a_hundred_thousand_mistakes_are_counted_and_a_thousand_shown() {
    let (code, said) = check(routes(100_000, |number| {
        format!("{{ path: /a{number}, rolse: x }}")
    }));
    assert_eq!(code, 1);
    assert!(said.contains("did you mean `roles`?"));
    assert!(said.contains("... and 99000 more errors"));
    assert_eq!(said.matches("unknown key").count(), 1_000);
}

#[test]
fn suggestions_for_many_mistakes_among_many_names_come_in_time() {
    let roles = lines(20_000, |number| {
        format!("  role{number}: ['p{number}:read']")
    });
    let asking = lines(20_000, |number| {
        format!("  - {{ path: /a{number}, roles: [rule{number}], permission: 'q{number}:read' }}")
    });
    let policy = format!("{ISSUERS}roles:\n{roles}routes:\n{asking}");
    assert_refused(policy, "more errors");
}

#[test]
fn what_drives_a_terminal_is_spelled_out() {
    let policy = "\"a\\e]0;owned\\a\": 1\n\"b\\x9b2J\": 1\n\"c\\u202ed\": 1\n\"e\\nf: error: g\": 1\n\
                  routes:\n  - { path: \"/\\e[2J\", name: \"x\\0y\" }\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    std::fs::write(&file, policy).unwrap();
    for more in ["", "--json"] {
        let output = run(&file, more);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stdout).unwrap();
        let acting = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!said.contains(acting), "{said:?}");
        assert!(said.contains(r"u{1b}]0;owned"), "{said}");
        assert!(
            !said.lines().any(|line| line.starts_with("f: error")),
            "{said}"
        );
    }
}

#[test]
fn files_in_other_encodings_are_read_or_refused_by_name() {
    let policy = format!("{ISSUERS}routes:\n  - path: /a\n");
    assert_loads(policy.replace('\n', "\r\n"));
    assert_loads(format!("\u{feff}{policy}"));
    let utf_16: Vec<u8> = std::iter::once(0xfeff)
        .chain(policy.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_refused(&utf_16, "UTF-8");
    // Without its mark.
    let (code, said) = check(&utf_16[2..]);
    assert_eq!(code, 1, "{said}");
    assert_refused([policy.as_bytes(), b"\xff"].concat(), "UTF-8");
    assert_refused(format!("{policy}# \0\n"), "policy.yaml:");
    assert_refused(format!("{policy}    name: \"\u{1b}[2J\"\n"), "policy.yaml:");
}

#[test]
fn variables_by_the_thousand_are_bounded() {
    let scalar = "${NOT_SET}".repeat(100_000);
    assert_refused(
        format!("{ISSUERS}routes:\n  - path: /{scalar}\n"),
        "more errors",
    );
    let open = "${".repeat(500_000);
    assert_refused(
        format!("{ISSUERS}routes:\n  - path: /{open}\n"),
        "without a closing brace",
    );
}

#[test]
fn routes_that_differ_in_little_load() {
    let one_path = |number| format!("{{ path: /a, method: M{number} }}");
    assert_loads(routes(50_000, one_path));
    let own_header =
        |number| format!("{{ path: /a{number}, identity_headers: {{ X-H{number}: a }} }}");
    assert_loads(routes(50_000, own_header));
}
