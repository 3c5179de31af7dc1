//! What the documents look like.

use serde_json::{Value, json};

use crate::keys::registry::check::{MOST_ID, MOST_LIST, MOST_TEXT};

/// Every schema, by its name.
pub(super) fn all(tenant: bool) -> Value {
    let mut schemas = json!({
        "Id": id(),
        "Generation": generation(),
        "Key": key(),
        "KeyWithText": key_with_text(),
        "Page": page(),
        "NewKey": new_key(tenant),
        "Rotation": rotation(),
        "Problem": problem(),
    });
    if let (Value::Object(members), false) = (&mut schemas, tenant) {
        members.insert("Audit".into(), audit());
    }
    schemas
}

/// A text as the fields of a key are.
pub(super) fn text() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": MOST_TEXT,
        "pattern": r"^[^\u0000-\u001F\u007F-\u009F]+$",
    })
}

/// A duration as the files spell it, with no more digits than any needs.
pub(super) fn duration() -> Value {
    json!({
        "type": "string",
        "pattern": "^([0-9]{1,9}(ms|s)|[0-9]{1,7}m|[0-9]{1,5}h|[0-9]{1,4}d)$",
        "examples": ["24h"],
    })
}

fn texts(what: &str) -> Value {
    json!({ "type": "array", "maxItems": MOST_LIST, "items": text(), "description": what })
}

fn bounds(what: &str) -> Value {
    let mut schema = texts(what);
    if let Value::Object(members) = &mut schema {
        members.insert("minItems".into(), json!(1));
    }
    schema
}

fn time(what: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": what })
}

fn id() -> Value {
    json!({
        "type": "string",
        "maxLength": MOST_ID,
        "pattern": "^[0-9A-Za-z][0-9A-Za-z._~:@-]*$",
        "description": "What the key is called by; safe to show.",
    })
}

fn new_key(tenant: bool) -> Value {
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
            "set": described(text(), "The set it belongs to. May be left out when there is one."),
            "name": described(text(), "What it is for."),
            "tenant": described(text(), "The tenant it acts in."),
            "owner": described(text(), "Whose it is."),
            "roles": texts("The roles of its owner, which bound what its scopes grant."),
            "scopes": texts("What it may do; `*` is whatever its owner may. No white space in any."),
            "sources": bounds("The only sources it may speak for."),
            "networks": bounds("The only networks it may be presented from."),
            "not_before": time("Not good before."),
            "expires_at": time("Not good from here on. Default: the set's lifetime."),
            "expires_in": described(duration(), "Instead of `expires_at`: counted from now."),
            "signing_secret": signing("Whether it comes with a secret that its holder signs webhooks with."),
            "metadata": {
                "type": "object",
                "description": "Further facts: claims of its holder. Not `key_id`, `key_name`, `owner`; \
                                at most 16 KiB.",
            },
        },
    });
    if let Some(Value::Object(properties)) = schema.pointer_mut("/properties")
        && tenant
    {
        properties.remove("metadata");
        for (name, what) in [
            ("set", "The route's set; anything else is refused."),
            ("tenant", "The caller's tenant; anything else is refused."),
            ("owner", "The caller; anything else is refused."),
            ("roles", "Some of the caller's roles. Default: all of them."),
        ] {
            if let Some(Value::Object(property)) = properties.get_mut(name) {
                property.insert("description".into(), json!(what));
            }
        }
    }
    schema
}

/// A body that makes a key.
pub(super) fn new_key_example(tenant: bool) -> Value {
    match tenant {
        true => json!({ "name": "ci", "scopes": ["alerts:read"], "expires_in": "90d" }),
        false => json!({
            "set": "partners",
            "name": "ci",
            "tenant": "acme",
            "owner": "alice",
            "roles": ["service"],
            "scopes": ["alerts:read"],
            "networks": ["10.0.0.0/8"],
            "expires_in": "90d",
        }),
    }
}

fn rotation() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "grace": described(
                duration(),
                "How long former texts go on to count: `0s` ends them at once; at most 90 days. Default: 24h.",
            ),
            "signing_secret": signing(
                "Whether it comes with a secret to sign webhooks with, also where the newest text has none.",
            ),
        },
    })
}

fn signing(what: &str) -> Value {
    described(json!({ "type": "boolean", "default": false }), what)
}

fn key() -> Value {
    let open = json!({ "type": "string" });
    let list = json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "type": "object",
        "description": "A key. What it does not have is not there.",
        "required": ["id", "set", "name", "scopes", "created_at", "created_by", "generations", "status"],
        "properties": {
            "id": { "$ref": "#/components/schemas/Id" },
            "set": open,
            "name": open,
            "start": described(open.clone(), "How its newest text begins, for people."),
            "tenant": open,
            "owner": open,
            "roles": list,
            "scopes": list,
            "sources": list,
            "networks": list,
            "not_before": time("Not good before."),
            "expires_at": time("Not good from here on."),
            "created_at": time("When it was made."),
            "created_by": open,
            "revoked_at": time("When it was revoked."),
            "metadata": { "type": "object" },
            "generations": {
                "type": "array",
                "minItems": 1,
                "items": { "$ref": "#/components/schemas/Generation" },
                "description": "Its texts, the newest first.",
            },
            "uses": { "type": "integer", "minimum": 0, "description": "How often it was used." },
            "last_used_at": time("When it was last used."),
            "status": { "type": "string", "enum": ["active", "pending", "expired", "revoked"] },
        },
    })
}

fn generation() -> Value {
    json!({
        "type": "object",
        "required": ["number", "start", "hash", "created_at"],
        "properties": {
            "number": { "type": "integer", "minimum": 1 },
            "start": { "type": "string", "description": "How the text begins, for people." },
            "hash": {
                "type": "string",
                "enum": ["sha256", "bcrypt", "argon2"],
                "description": "What kind of hash is kept of it.",
            },
            "created_at": time("When it was made."),
            "ends_at": time("Not good from here on: the end of a rotation's grace."),
            "signing_secret": {
                "type": "boolean",
                "description": "Whether a secret is kept for it that its holder signs webhooks with.",
            },
        },
    })
}

fn key_with_text() -> Value {
    json!({
        "allOf": [{ "$ref": "#/components/schemas/Key" }],
        "type": "object",
        "required": ["key"],
        "properties": {
            "key": {
                "type": "string",
                "description": "The text of the key. Nobody can show it again.",
            },
            "signing_secret": {
                "type": "string",
                "description": "What its holder signs webhooks with, if that was asked for. Nobody can show it again.",
            },
        },
    })
}

fn page() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["keys"],
        "properties": {
            "keys": { "type": "array", "items": { "$ref": "#/components/schemas/Key" } },
            "next": {
                "type": "string",
                "description": "There are more: ask again with this as `after`.",
            },
        },
    })
}

fn audit() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["entries"],
        "properties": { "entries": { "type": "array", "items": {
            "type": "object",
            "required": ["at", "by", "action", "detail"],
            "properties": {
                "at": time("When."),
                "by": { "type": "string", "description": "Who." },
                "action": { "type": "string", "enum": ["create", "import", "rotate", "revoke"] },
                "key": { "type": "string" },
                "tenant": { "type": "string" },
                "detail": { "type": "object", "description": "What else is to be said." },
            },
        } } },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "Why a request is refused (RFC 9457).",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "code": { "type": "string", "description": "Stable, for programs." },
            "detail": { "type": "string", "description": "What is wrong, for people." },
            "field": { "type": "string", "description": "The field or parameter that is wrong." },
            "request_id": { "type": "string" },
        },
    })
}

/// A key as an example.
pub(super) fn key_example() -> Value {
    json!({
        "id": "4mTq0CkZx81b",
        "set": "partners",
        "name": "ci",
        "start": "cflo_4mTq0CkZx81b",
        "tenant": "acme",
        "owner": "alice",
        "roles": ["service"],
        "scopes": ["alerts:read"],
        "networks": ["10.0.0.0/8"],
        "expires_at": "2030-04-01T00:00:00Z",
        "created_at": "2030-01-01T00:00:00Z",
        "created_by": "admin",
        "generations": [{
            "number": 1,
            "start": "cflo_4mTq0CkZx81b",
            "hash": "sha256",
            "created_at": "2030-01-01T00:00:00Z",
        }],
        "uses": 12,
        "last_used_at": "2030-01-02T00:00:00Z",
        "status": "active",
    })
}

fn described(mut schema: Value, what: &str) -> Value {
    if let Value::Object(members) = &mut schema {
        members.insert("description".into(), json!(what));
    }
    schema
}
