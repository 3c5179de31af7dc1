//! The OpenAPI description (3.1) of the service: what is written here, a test runs against the service.

mod operations;
mod schemas;

use serde_json::{Map, Value, json};

use super::fault::Fault;

/// The description of keys that are served at a path; `tenant` for what callers of a guarded route see.
pub(super) fn document(at: &str, tenant: bool) -> Value {
    // Braces would be captures.
    let at = at.replace('{', "%7B").replace('}', "%7D");
    let collection = if at.is_empty() { "/" } else { at.as_str() };
    let mut paths = Map::new();
    paths.insert(collection.to_owned(), operations::keys(tenant));
    paths.insert(format!("{at}/{{id}}"), operations::key(tenant));
    paths.insert(format!("{at}/{{id}}/rotate"), operations::rotation(tenant));
    if !tenant {
        paths.insert(format!("{at}/{{id}}/audit"), operations::audit());
    }
    paths.insert(
        format!("{at}/openapi.json"),
        operations::description(tenant),
    );
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "API keys",
            "version": env!("CARGO_PKG_VERSION"),
            "description": about(tenant),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "tags": [{ "name": "keys", "description": "API keys from their making to their end." }],
        "paths": paths,
        "components": { "schemas": schemas::all(tenant) },
    });
    if let (Value::Object(members), false) = (&mut document, tenant) {
        members.insert("security".into(), json!([{ "token": [] }]));
        if let Some(Value::Object(components)) = members.get_mut("components") {
            components.insert("securitySchemes".into(), token());
        }
    }
    document
}

fn about(tenant: bool) -> &'static str {
    match tenant {
        true => {
            "The API keys of the caller's tenant. A key is never given more rights than whoever makes \
             it has. The text of a key is shown once, when it is made or rotated. The route's own rules \
             say who may ask, and how."
        }
        false => {
            "Every API key in the store. The text of a key is shown once, when it is made or rotated; \
             only a hash of it is kept. Every change leaves an entry in the audit."
        }
    }
}

fn token() -> Value {
    json!({ "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "What the process file says as `admin.token`.",
    } })
}

/// An answer with a document.
fn answer(description: &str, schema: &str, example: Value) -> Value {
    json!({
        "description": description,
        "headers": { "Cache-Control": {
            "description": "Always `no-store`.",
            "schema": { "type": "string", "const": "no-store" },
        } },
        "content": { "application/json": {
            "schema": { "$ref": format!("#/components/schemas/{schema}") },
            "example": example,
        } },
    })
}

/// What an operation answers: what it is for, and every way in which it may be refused.
fn answers(status: u16, good: Value, tenant: bool, faults: &[Fault]) -> Value {
    let mut answers = Map::new();
    answers.insert(status.to_string(), good);
    let everywhere: &[Fault] = match tenant {
        // Whoever guards the route refuses with codes of its own.
        true => &[],
        false => &[Fault::TokenInvalid, Fault::NotServed],
    };
    let always = [
        Fault::QueryInvalid,
        Fault::MethodNotAllowed,
        Fault::StoreUnavailable,
    ];
    for fault in faults.iter().chain(everywhere).chain(&always) {
        let answer = answers
            .entry(fault.status().as_str())
            .or_insert_with(|| refusal(*fault));
        if let Some(examples) = answer.pointer_mut("/content/application~1problem+json/examples")
            && let Value::Object(examples) = examples
        {
            examples.insert(fault.code().into(), json!({ "value": problem(*fault) }));
        }
    }
    if tenant {
        for (status, what) in GUARDED {
            answers.entry(status).or_insert_with(|| guarded(what));
        }
    }
    Value::Object(answers)
}

/// What the guard of a route answers.
const GUARDED: [(&str, &str); 4] = [
    ("401", "The caller's credential is missing or not good."),
    ("403", "The caller may not do that."),
    ("413", "The body is longer than is taken."),
    ("429", "The caller asks too often."),
];

fn guarded(what: &str) -> Value {
    json!({
        "description": what,
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
        } },
    })
}

fn refusal(fault: Fault) -> Value {
    let mut answer = guarded(fault.status().canonical_reason().unwrap_or_default());
    if let Some(Value::Object(content)) = answer.pointer_mut("/content/application~1problem+json") {
        content.insert("examples".into(), json!({}));
    }
    let header = match fault {
        Fault::MethodNotAllowed => ("Allow", "The methods that are right here."),
        Fault::TokenInvalid => ("WWW-Authenticate", "`Bearer`."),
        _ => return answer,
    };
    if let Value::Object(members) = &mut answer {
        let (name, what) = header;
        let header = json!({ name: { "description": what, "schema": { "type": "string" } } });
        members.insert("headers".into(), header);
    }
    answer
}

fn problem(fault: Fault) -> Value {
    let code = fault.code();
    json!({
        "type": format!("urn:sidegate:reason:{code}"),
        "title": fault.title(),
        "status": fault.status().as_u16(),
        "code": code,
    })
}
