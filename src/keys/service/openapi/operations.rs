//! What can be asked for, by path.

use serde_json::{Value, json};

use super::super::fault::Fault;
use super::{answer, answers, schemas};

/// The collection: list and make.
pub(super) fn keys(tenant: bool) -> Value {
    json!({
        "get": {
            "operationId": "listKeys",
            "summary": "List keys",
            "description": "Keys in the order of their ids, page by page, without their texts.",
            "tags": ["keys"],
            "parameters": parameters(tenant),
            "responses": answers(200, page(), tenant, &confined(tenant, &[])),
        },
        "post": {
            "operationId": "makeKey",
            "summary": "Make a key",
            "description": "The answer holds the text of the key, in `key`. It is shown this once.",
            "tags": ["keys"],
            "requestBody": body("NewKey", true, schemas::new_key_example(tenant)),
            "responses": answers(201, made(), tenant, &confined(tenant, &[
                Fault::BodyInvalid,
                Fault::KeyExists,
                Fault::BodyTooLarge,
                Fault::MediaTypeUnsupported,
                Fault::KeyInvalid,
                Fault::KeyNotMade,
            ])),
        },
    })
}

/// One key: show and revoke.
pub(super) fn key(tenant: bool) -> Value {
    let found = |what| answer(what, "Key", schemas::key_example());
    json!({
        "parameters": [id()],
        "get": {
            "operationId": "showKey",
            "summary": "Show a key",
            "tags": ["keys"],
            "responses": answers(200, found("The key."), tenant, &[Fault::KeyNotFound]),
        },
        "delete": {
            "operationId": "revokeKey",
            "summary": "Revoke a key",
            "description": "Ends a key for good, at once. One that was revoked before stays as it is.",
            "tags": ["keys"],
            "responses": answers(200, found("The key as it is now."), tenant, &[
                Fault::KeyNotFound,
                Fault::KeyChanged,
            ]),
        },
    })
}

/// The next text of a key.
pub(super) fn rotation(tenant: bool) -> Value {
    json!({
        "parameters": [id()],
        "post": {
            "operationId": "rotateKey",
            "summary": "Give a key a new text",
            "description": "The answer holds the new text, in `key`, this once. Former texts go on to \
                            count until the grace is over.",
            "tags": ["keys"],
            "requestBody": body("Rotation", false, json!({ "grace": "24h" })),
            "responses": answers(200, with_text("The key, with its new text."), tenant, &confined(
                tenant,
                &[
                    Fault::BodyInvalid,
                    Fault::KeyNotFound,
                    Fault::KeyOver,
                    Fault::KeyChanged,
                    Fault::BodyTooLarge,
                    Fault::MediaTypeUnsupported,
                    Fault::KeyInvalid,
                    Fault::KeyNotMade,
                ],
            )),
        },
    })
}

/// What was changed of a key.
pub(super) fn audit() -> Value {
    let example = json!({ "entries": [{
        "at": "2030-01-01T00:00:00Z",
        "by": "admin",
        "action": "revoke",
        "key": "4mTq0CkZx81b",
        "tenant": "acme",
        "detail": { "set": "partners", "name": "ci" },
    }] });
    let entries = answer("The newest first.", "Audit", example);
    json!({
        "parameters": [id()],
        "get": {
            "operationId": "auditKey",
            "summary": "Show what was changed of a key",
            "tags": ["keys"],
            "responses": answers(200, entries, false, &[Fault::KeyNotFound]),
        },
    })
}

/// This description.
pub(super) fn description(tenant: bool) -> Value {
    let found = json!({
        "description": "The description.",
        "content": { "application/json": { "schema": { "type": "object" } } },
    });
    json!({ "get": {
        "operationId": "describe",
        "summary": "Show this description",
        "tags": ["keys"],
        "responses": answers(200, found, tenant, &[]),
    } })
}

/// With what only callers of a guarded route are refused for.
fn confined(tenant: bool, faults: &[Fault]) -> Vec<Fault> {
    let more = [
        Fault::FieldNotAllowed,
        Fault::TenantMismatch,
        Fault::RightsExceeded,
    ];
    let more = if tenant { more.as_slice() } else { &[] };
    faults.iter().chain(more).copied().collect()
}

fn page() -> Value {
    let example = json!({ "keys": [schemas::key_example()], "next": "4mTq0CkZx81b" });
    answer("A page of keys.", "Page", example)
}

fn made() -> Value {
    let mut made = with_text("The key was made.");
    if let Some(Value::Object(headers)) = made.pointer_mut("/headers") {
        let what = json!({
            "description": "The path of the key.",
            "schema": { "type": "string" },
        });
        headers.insert("Location".into(), what);
    }
    made
}

fn with_text(what: &str) -> Value {
    let mut example = schemas::key_example();
    if let Value::Object(members) = &mut example {
        let text = "cflo_4mTq0CkZx81b... (only here, only now)";
        members.insert("key".into(), json!(text));
    }
    answer(what, "KeyWithText", example)
}

fn body(schema: &str, is_required: bool, example: Value) -> Value {
    json!({
        "required": is_required,
        "content": { "application/json": {
            "schema": { "$ref": format!("#/components/schemas/{schema}") },
            "example": example,
        } },
    })
}

fn id() -> Value {
    json!({
        "name": "id",
        "in": "path",
        "required": true,
        "schema": { "$ref": "#/components/schemas/Id" },
        "example": "4mTq0CkZx81b",
    })
}

fn parameters(tenant: bool) -> Value {
    let query = |name: &str, what: &str, schema: Value| json!({ "name": name, "in": "query", "description": what, "schema": schema });
    let mut list = vec![
        query("owner", "Only keys of this owner.", schemas::text()),
        query(
            "status",
            "`active`: only keys that have not ended.",
            json!({ "type": "string", "enum": ["active", "all"], "default": "all" }),
        ),
        query(
            "expiring_within",
            "Only keys that have not ended, and do so within this time.",
            schemas::duration(),
        ),
        query(
            "after",
            "Only keys whose id comes after this one: the `next` of the page before.",
            json!({ "$ref": "#/components/schemas/Id" }),
        ),
        query(
            "limit",
            "At most so many.",
            json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 }),
        ),
    ];
    if !tenant {
        list.push(query("set", "Only keys of this set.", schemas::text()));
        list.push(query(
            "tenant",
            "Only keys of this tenant.",
            schemas::text(),
        ));
    }
    Value::Array(list)
}
