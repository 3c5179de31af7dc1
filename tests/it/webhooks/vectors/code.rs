//! Senders whose events are about code and running it.

use http::Method;

use super::Published;

/// GitHub Docs, "Validating webhook deliveries".
#[test]
fn example_of_github_holds() {
    Published {
        preset: "github",
        secret: "It's a Secret to Everybody",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "X-Hub-Signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )],
        body: "Hello, World!",
        at: 0,
    }
    .holds();
}

/// Atlassian developer documentation of Jira Cloud, "Webhooks", secure admin webhooks.
#[test]
fn example_of_jira_holds() {
    Published {
        preset: "jira",
        secret: "It's a Secret to Everybody",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "X-Hub-Signature",
            "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
        )],
        body: "Hello World!",
        at: 0,
    }
    .holds();
}

/// CircleCI documentation, "Webhooks", validating them.
#[test]
fn first_example_of_circleci_holds() {
    Published {
        preset: "circleci",
        secret: "secret",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "circleci-signature",
            "v1=734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a,v2=00",
        )],
        body: "hello world",
        at: 0,
    }
    .holds();
}

/// CircleCI documentation, "Webhooks", validating them.
#[test]
fn second_example_of_circleci_holds() {
    Published {
        preset: "circleci",
        secret: "another-secret",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "circleci-signature",
            "v1=daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00,v2=00",
        )],
        body: "lalala",
        at: 0,
    }
    .holds();
}

/// CircleCI documentation, "Webhooks", validating them.
#[test]
fn third_example_of_circleci_holds() {
    Published {
        preset: "circleci",
        secret: "hunter123",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "circleci-signature",
            "v1=9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa,v2=00",
        )],
        body: "an-important-request-payload",
        at: 0,
    }
    .holds();
}

/// CircleCI documentation, "Webhooks", validating them.
#[test]
fn fourth_example_of_circleci_holds() {
    Published {
        preset: "circleci",
        secret: "secret",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "circleci-signature",
            "v1=773ba44693c7553d6ee20f61ea5d2757a9a4f4a44d2841ae4e95b52e4cd62db4,v2=00",
        )],
        body: "foo",
        at: 0,
    }
    .holds();
}

/// sanity-io/webhook-toolkit, tests of signatures.
#[test]
fn example_of_sanity_holds() {
    Published {
        preset: "sanity",
        secret: "test",
        method: Method::POST,
        url: "/in",
        headers: &[(
            "sanity-webhook-signature",
            "t=1633519811129,v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0",
        )],
        body: r#"{"_id":"resume"}"#,
        at: 1_633_519_811,
    }
    .holds();
}

/// PagerDuty/go-pagerduty, webhookv3/webhookv3_test.go.
#[test]
fn example_of_pagerduty_holds() {
    Published {
        preset: "pagerduty",
        secret: "lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK",
        method: Method::POST,
        url: "/in",
        headers: &[("X-PagerDuty-Signature", "v1=00,v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd")],
        body: r#"{"event":{"id":"01BWDWL3NYY7LUFPZCC28QUCMK","event_type":"incident.priority_updated","resource_type":"incident","occurred_at":"2021-04-26T17:36:27.458Z","agent":{"html_url":"https://acme.pagerduty.com/users/PLH1HKV","id":"PLH1HKV","self":"https://api.pagerduty.com/users/PLH1HKV","summary":"Tenex Engineer","type":"user_reference"},"client":null,"data":{"id":"PGR0VU2","type":"incident","self":"https://api.pagerduty.com/incidents/PGR0VU2","html_url":"https://acme.pagerduty.com/incidents/PGR0VU2","number":2,"status":"triggered","title":"A little bump in the road","service":{"html_url":"https://acme.pagerduty.com/services/PF9KMXH","id":"PF9KMXH","self":"https://api.pagerduty.com/services/PF9KMXH","summary":"API Service","type":"service_reference"},"assignees":[{"html_url":"https://acme.pagerduty.com/users/PTUXL6G","id":"PTUXL6G","self":"https://api.pagerduty.com/users/PTUXL6G","summary":"User 123","type":"user_reference"}],"escalation_policy":{"html_url":"https://acme.pagerduty.com/escalation_policies/PUS0KTE","id":"PUS0KTE","self":"https://api.pagerduty.com/escalation_policies/PUS0KTE","summary":"Default","type":"escalation_policy_reference"},"teams":[{"html_url":"https://acme.pagerduty.com/teams/PFCVPS0","id":"PFCVPS0","self":"https://api.pagerduty.com/teams/PFCVPS0","summary":"Engineering","type":"team_reference"}],"priority":{"html_url":"https://acme.pagerduty.com/account/incident_priorities","id":"PSO75BM","self":"https://api.pagerduty.com/priorities/PSO75BM","summary":"P1","type":"priority_reference"},"urgency":"high","conference_bridge":{"conference_number":1000,"conference_url":"https://example.com"},"resolve_reason":null}}}"#,
        at: 0,
    }
    .holds();
}
