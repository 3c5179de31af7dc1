//! What holds for every preset's text.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Preset, Proof, presets};

fn comments(preset: &Preset) -> Vec<&'static str> {
    preset
        .text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .collect()
}

#[test]
fn names_are_unique_sorted_and_lower_case() {
    let names: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    for name in names {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(name.bytes().all(plain), "{name}");
    }
}

#[test]
fn every_file_of_the_folder_is_in_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/webhook/presets");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let names: BTreeSet<String> = presets().iter().map(|one| one.name.to_owned()).collect();
    assert_eq!(files, names);
}

#[test]
fn a_preset_is_found_by_its_whole_name() {
    assert_eq!(Preset::of("github").unwrap().name, "github");
    assert!(Preset::of("git").is_none() && Preset::of("GitHub").is_none());
}

#[test]
fn every_text_tells_an_operator_what_it_is_in_three_to_nine_lines() {
    for preset in presets() {
        let comments = comments(preset);
        assert!((3..=9).contains(&comments.len()), "{}", preset.name);
        assert!(
            comments.iter().any(|line| line.contains("overed")),
            "{}",
            preset.name
        );
        assert!(
            comments.iter().all(|line| line.starts_with("# ")),
            "{}",
            preset.name
        );
        assert!(!preset.summary().is_empty() && !preset.summary().starts_with('#'));
        assert!(
            preset.text.lines().all(|line| line.len() <= 120),
            "{}",
            preset.name
        );
        assert!(
            preset.text.is_ascii() && preset.text.ends_with('\n'),
            "{}",
            preset.name
        );
    }
}

#[test]
fn every_text_ends_its_comments_with_who_vouches_for_it() {
    for preset in presets() {
        let last = comments(preset).last().copied().unwrap_or_default();
        let said = last.strip_prefix("# Proof: ").unwrap_or_default();
        let word = preset.proof().word();
        assert!(
            said.starts_with(word) && said.ends_with('.'),
            "{}: {last}",
            preset.name
        );
    }
}

#[test]
fn the_strongest_word_of_the_proof_counts() {
    let proof = |text| Preset { name: "own", text }.proof();
    assert_eq!(proof("# Own.\n# Proof: package x (npm).\n"), Proof::Package);
    assert_eq!(
        proof("# Own.\n# Proof: example of x.org.\n"),
        Proof::Example
    );
    assert_eq!(
        proof("# Own.\n# Proof: documentation of x.org; no package was found.\n"),
        Proof::Documentation
    );
    assert_eq!(proof("# Own: package.\n"), Proof::Documentation);
}

#[test]
fn every_scheme_of_data_says_what_its_signature_covers() {
    for preset in presets() {
        let of_code = [
            "aws-sns",
            "contentful",
            "jwt-body-hash",
            "paypal",
            "rfc9421",
            "twilio",
        ];
        let by_code = of_code
            .iter()
            .any(|kind| preset.text.contains(&format!("kind: {kind}\n")));
        assert!(
            by_code || preset.text.contains("  covers: "),
            "{}",
            preset.name
        );
    }
}

/// Of the others the secret also makes tokens that are given to anybody (LiveKit), or each body has a digest.
#[test]
fn tokens_without_a_digest_are_taken_of_few() {
    let said = |preset: &&Preset| preset.text.contains("without_body:");
    let named: Vec<_> = presets()
        .iter()
        .filter(said)
        .map(|preset| preset.name)
        .collect();
    assert_eq!(named, ["messagebird", "vonage"]);
}

#[test]
fn name_that_no_preset_has_is_answered_with_those_that_are_near() {
    for (name, wanted) in [
        ("githb", "did you mean `github`?"),
        ("GitHub", "did you mean `github`?"),
        (
            "hubspot",
            "did you mean `hubspot-v1`, `hubspot-v2` or `hubspot-v3`?",
        ),
        ("github-app", "did you mean `github`?"),
        (
            "adyen-terminal",
            "did you mean `adyen` or `adyen-platform`?",
        ),
        ("qqqq", "`sidegate presets list` names them all"),
        ("", "`sidegate presets list` names them all"),
    ] {
        assert_eq!(Preset::advice(name), wanted, "{name}");
    }
}
