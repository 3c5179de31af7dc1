use super::*;

#[test]
fn every_spelling_of_a_stripped_name_is_known() {
    let policy = policy(
        "identity_headers:\n  X-User: \"{{ principal.subject }}\"\nstrip_headers: [X-Legacy, X-Internal-*, Cookie]\nroutes:\n  - path: /a\n  - path: /b\n    public: true\n    identity_headers: { X-Client-Ip: \"{{ client.address }}\" }\n",
    );
    let names = policy.stripped();
    for name in [
        "x-user", "X-User", "x_user", "X.USER", "x~user", "x-legacy", "x_legacy", "cookie",
        "x-internal-", "x-internal-a", "X_Internal_B", "x-client-ip", "x_client_ip",
        "x-sidegate-user", "X_Sidegate_Anything",
    ] {
        assert!(names.contains(name), "{name}");
    }
    for name in [
        "", "x", "x-use", "x-users", "ax-user", "x-internal", "x-sidegate", "host", "authorization",
        "content-type", "x--user",
    ] {
        assert!(!names.contains(name), "{name}");
    }
}

#[test]
fn reserved_names_are_stripped_without_asking() {
    let policy = policy("routes:\n  - path: /a\n");
    assert!(policy.stripped().contains("X-Sidegate-Principal"));
    assert!(!policy.stripped().contains("x-user"));
}
