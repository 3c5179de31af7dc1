//! The key `principal` of a webhook: who it speaks for.

use std::sync::Arc;

use crate::document::{Fields, OneOrMany, Problems, Shape};
use crate::webhook::plan::Sender;

/// Reads the section; without one a sender is called like its webhook.
pub(super) fn read(name: &Arc<str>, fields: &mut Fields<'_>, problems: &Problems) -> Sender {
    let node = fields.shaped("principal", || Shape::Section("webhook principal"));
    let section = node.and_then(|node| Fields::of(node, "webhook principal", problems));
    let Some(mut section) = section else {
        return Sender::named(name);
    };
    section.refuse_blanks();
    let texts = |texts: Option<OneOrMany<String>>| {
        let texts = texts.unwrap_or_default().0;
        texts.into_iter().map(String::into_boxed_str).collect()
    };
    let subject: Option<String> = section.optional("subject");
    let tenant: Option<String> = section.optional("tenant");
    let sender = Sender {
        subject: subject.map_or_else(|| (**name).into(), String::into_boxed_str),
        tenant: tenant.map(String::into_boxed_str),
        roles: texts(section.optional("roles")),
        scopes: texts(section.optional("scopes")),
    };
    section.finish();
    sender
}
