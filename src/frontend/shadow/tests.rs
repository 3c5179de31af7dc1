use super::*;

fn opinion(reason: Option<Reason>) -> Opinion {
    Opinion {
        outcome: match reason {
            None => Outcome::Allow,
            Some(_) => Outcome::Deny,
        },
        reason,
        route: None,
    }
}

#[test]
fn opinions_are_told_apart_by_decision_and_reason() {
    use Reason::{InsufficientRole as Role, IssuerUnavailable as Keys, NoRoute};
    for (decided, other, outcome, reason) in [
        (None, None, ShadowOutcome::Same, None),
        (Some(Role), Some(Role), ShadowOutcome::Same, None),
        (Some(Role), None, ShadowOutcome::WouldAllow, Some(Role)),
        (None, Some(Role), ShadowOutcome::WouldDeny, Some(Role)),
        (
            Some(NoRoute),
            Some(Role),
            ShadowOutcome::OtherReason,
            Some(Role),
        ),
        (None, Some(Keys), ShadowOutcome::Unknown, Some(Keys)),
        (Some(Keys), None, ShadowOutcome::Unknown, Some(Keys)),
        (Some(Keys), Some(Keys), ShadowOutcome::Unknown, Some(Keys)),
    ] {
        let found = opinion(decided).against(opinion(other));
        assert_eq!(found, (outcome, reason), "{decided:?} {other:?}");
    }
}
