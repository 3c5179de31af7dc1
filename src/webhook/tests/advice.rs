//! What the comments of presets tell operators to write can be written.

use super::read;
use crate::webhook::{Preset, presets};

/// Mistakes in the scheme of a preset that is changed like this. Keys that are not there are none of them.
fn mistakes(preset: &Preset, advice: &str) -> Vec<String> {
    let text = format!(
        "preset: {}\nurl: https://hooks.example.com\nsecrets: ${{SECRET}}\n{}\n\
         parameters: {{ topic: \"arn:aws:sns:eu-central-1:123456789012:a\", webhook_id: 1AB }}",
        preset.name,
        advice.replace("...", "X-Another")
    );
    let (_, mut found) = read(&text);
    found.retain(|line| line.contains(" error: ") && line.contains(".scheme"));
    found
}

/// The schemes that a preset's comments speak of.
fn advices(preset: &Preset) -> Vec<String> {
    let comments = preset
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("# "));
    let comments: Vec<&str> = comments.collect();
    let comments = comments.join(" ");
    let quoted = comments.split('`').skip(1).step_by(2);
    let schemes = quoted.filter(|text| text.starts_with("scheme: {"));
    schemes.map(str::to_owned).collect()
}

#[test]
fn schemes_that_comments_of_presets_advise_can_be_read() {
    let mut read = 0;
    for preset in presets() {
        for advice in advices(preset) {
            let found = mistakes(preset, &advice);
            assert!(found.is_empty(), "{}: {advice}\n{found:#?}", preset.name);
            read += 1;
        }
    }
    assert!(read > 20, "{read}");
}

#[test]
fn empty_prefix_takes_the_one_of_a_preset_away() {
    let own = super::hook(
        "preset: brevo\nsecrets: ${SECRET}\nscheme: { signature: { name: X-Token, prefix: \"\" } }",
    );
    let sent = super::Sent::new("/", &[], b"{}").signed_by(&own, super::SECRET, None);
    assert_eq!(sent.value("x-token"), super::SECRET);
    assert_eq!(sent.verdict(&own), "ok");
}
