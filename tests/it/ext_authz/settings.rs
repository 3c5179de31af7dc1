//! What the process file may say of this door.

use crate::support::gate::Setup;

const RULES: &str = "routes:\n  - { path: /public/**, public: true }\n";

fn refusal(process: &str) -> String {
    let (code, said) = Setup::policy(RULES)
        .process(process)
        .without_listen()
        .refusal();
    assert_ne!(code, 0, "{said}");
    said
}

#[test]
fn somebody_has_to_be_named_who_may_ask() {
    let process = "listeners:\n  - { address: 127.0.0.1:0, door: ext_authz }\n";
    let said = refusal(process);
    assert!(
        said.contains("nobody may ask at the door `ext_authz`"),
        "{said}"
    );
    assert!(said.contains("client_ca"), "{said}");
    let said = refusal(&format!("{process}trusted_proxies: {{ count: 1 }}\n"));
    assert!(said.contains("nobody may ask"), "{said}");
}

#[test]
fn prefix_is_not_for_this_door() {
    let said = refusal(&super::process("    prefix: /check\n"));
    assert!(said.contains("`prefix` is not for this door"), "{said}");
}
