//! Answers that routes inherit.

use super::super::mistakes::mistakes;
use super::*;

const FILE: &str = "
errors: { any: { text: file }, 502: { text: file-502 } }
defaults:
  errors: { 401: { text: defaults }, 403: { text: defaults } }
routes:
  - path: /a
  - path: /g
    defaults:
      errors: { 403: { text: 'group {{ path.id }}' } }
    routes:
      - path: /{id}
      - { path: /own, errors: { 403: { json: own }, any: problem } }
";

#[test]
fn answers_are_inherited_key_by_key() {
    let policy = policy(FILE);
    let told = |path: &str, reason| said(&tell(&policy, reason, &get(path), false));
    for (path, reason, wanted) in [
        ("/nowhere", Reason::NoRoute, "403 file"),
        ("/a", Reason::TokenMissing, "401 defaults"),
        ("/a", Reason::InsufficientRole, "403 defaults"),
        ("/g/1", Reason::TokenMissing, "401 defaults"),
        ("/g/1", Reason::InsufficientRole, "403 group 1"),
        ("/g/own", Reason::InsufficientRole, "403 \"own\""),
        ("/g/own", Reason::TokenMissing, "401 defaults"),
        ("/g/own", Reason::UpstreamUnreachable, "502 file-502"),
        ("/g/own", Reason::UpstreamTimeout, "504 problem"),
        ("/g/1", Reason::UpstreamTimeout, "504 file"),
    ] {
        assert_eq!(told(path, reason), wanted, "{path} {reason}");
    }
}

#[test]
fn mistakes_of_a_group_are_named_where_they_stand() {
    mistakes(&[
        (
            "routes:\n  - path: /g\n    defaults:\n      errors:\n        403: { text: '{{ path.org }}' }\n    routes: [{ path: /a }]\n",
            5,
            &["no route's path has a capture `org`"],
        ),
        (
            "defaults:\n  errors:\n    NO_ROUTE: problem\nroutes: [{ path: /a }]\n",
            3,
            &["decided before there is a route"],
        ),
        (
            "routes:\n  - path: /g\n    errors: { 403: problem }\n    routes: [{ path: /a }]\n",
            3,
            &["`errors` stands beside the routes of a group"],
        ),
    ]);
}
