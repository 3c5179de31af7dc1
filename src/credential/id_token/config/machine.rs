//! The profile of programs' tokens.

use crate::document::{Fields, OneOrMany, Problems, Shape};

use super::super::draft::MachineDraft;
use super::super::rules::Machine;
use super::super::words::{Expectations, NamesText, Paths};
use super::{read_types, warn_of_any_audience};

/// The preset's profile with what the section `machine` says of it.
pub(super) fn read_machine(
    fields: &mut Fields<'_>,
    draft: Option<MachineDraft>,
    problems: &Problems,
) -> Option<Machine> {
    let Some(node) = fields.shaped("machine", || Shape::Section("machine")) else {
        return draft.map(|draft| draft.machine(Box::default()));
    };
    let mut draft = draft.unwrap_or_default();
    let mut fields = Fields::of(node, "machine", problems)?;
    fields.refuse_blanks();
    if let Some(Expectations(marks)) = fields.optional("marks") {
        draft.marks = marks;
    }
    if let Some(Paths(absent)) = fields.optional("absent") {
        draft.absent = absent;
    }
    if let Some(Paths(client)) = fields.optional("client") {
        draft.client = client;
    }
    if let Some(NamesText(clients)) = fields.optional("clients") {
        draft.clients = Some(clients);
    }
    warn_of_any_audience(node, problems);
    if let Some(NamesText(audience)) = fields.optional("audience") {
        draft.audience = Some(audience);
    }
    if let Some(typ) = read_types(&mut fields, problems) {
        draft.typ = typ;
    }
    if let Some(Expectations(expect)) = fields.optional("expect") {
        draft.expect = Some(expect);
    }
    if let Some(Paths(scopes)) = fields.optional("scopes") {
        draft.scopes = scopes;
    }
    let roles = fields.or("roles", OneOrMany(Vec::<String>::new())).0;
    fields.finish();
    if draft.marks.is_empty() && draft.absent.is_empty() {
        problems.error_with(
            node,
            "machine needs the key `marks` or `absent`",
            "what tells a program's token from a user's, such as `marks: { token_use: access }`",
        );
    }
    if draft.clients.is_none() && draft.audience.is_none() {
        problems.error_with(
            node,
            "machine needs the key `clients` or `audience`",
            "which programs are admitted; `clients: any` admits every client of the issuer",
        );
    }
    Some(draft.machine(roles.into_iter().map(Into::into).collect()))
}
