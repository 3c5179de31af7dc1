//! Senders that sign a time with the body.

use http::Method;

use super::Published;

/// A delivery of recurly/recurly-client-ruby, spec/recurly/webhooks_spec.rb ("older than five minutes").
const RECURLY: &str = r#"{"id":"rjxwmwedwqug","object_type":"account","site_id":"qc326l1hl8k9","event_type":"created","event_time":"2022-09-13T21:18:40Z","account_code":"adfas23zzz14123"}"#;

fn recurly(signatures: &str) {
    Published {
        preset: "recurly",
        secret: "354fab5bd35f5a0d50845ee7e30165244468b13c2c343f104e4e730a59326d9d",
        method: Method::POST,
        url: "/in",
        headers: &[("recurly-signature", signatures)],
        body: RECURLY,
        at: 1_663_103_925,
    }
    .holds();
}

#[test]
fn example_of_recurly_holds() {
    recurly("1663103925004,ad24699f3beaa24c9af2cc7ada3ce4c835da0090194241b9d3add83d27f14bc3");
}

/// As the same file has it: another signature may stand before the right one, here one that is too short to be any.
#[test]
fn example_of_recurly_holds_with_several_signatures() {
    recurly(
        "1663103925004,de1ec7ab1e,ad24699f3beaa24c9af2cc7ada3ce4c835da0090194241b9d3add83d27f14bc3",
    );
}
