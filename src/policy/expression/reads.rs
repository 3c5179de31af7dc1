//! What an expression depends on, and what it may not depend on.

use std::sync::Arc;

use http::HeaderName;

use crate::cel::{Program, Read, Slot};
use crate::document::Placed;
use crate::model::never_passes;

use super::super::check::Fact;
use super::super::granting::Granting;
use super::super::reading::CoreFact;
use super::vocabulary as slots;
use super::{Reads, Surroundings, complain_at};

/// Headers whose values are credentials.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

const UNNAMED: &str = "an expression names each fact it depends on";

type Permissions = Vec<(Box<str>, Arc<Granting>)>;

/// Goes through what an expression reads.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Placed<String>,
    /// Where the expression begins in the source, in bytes.
    pub(super) offset: usize,
}

impl Reader<'_> {
    /// What the expression depends on, or nothing after a mistake.
    pub(super) fn read(
        &self,
        program: &Program,
        around: &mut Surroundings<'_>,
    ) -> Option<(Reads, Permissions)> {
        let (mut reads, mut permissions) = (Reads::default(), Vec::new());
        let mut sound = true;
        for read in program.reads() {
            let of_principal = (slots::SUBJECT..slots::CAPTURES).contains(&read.slot);
            reads.principal |= of_principal;
            reads.request |= !of_principal;
            reads.core.extend(core(read.slot));
            let found = match read.slot {
                slots::HEADERS => self.header(read, &mut reads, around),
                slots::QUERY => self.query(read, &mut reads, around),
                slots::CLAIMS => self.claim(read, &mut reads, around),
                slots::PERMISSIONS => self.permission(read, &mut permissions, around),
                slots::EMAIL => {
                    reads.facts.insert(Fact::Email);
                    Some(())
                }
                _ => Some(()),
            };
            sound &= found.is_some();
        }
        sound.then_some((reads, permissions))
    }

    fn header(&self, read: &Read, reads: &mut Reads, around: &Surroundings<'_>) -> Option<()> {
        let name = self.key(read, "request.headers[\"x-name\"]", around)?;
        let (message, help) = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            (
                "header names are in lower case here",
                format!("write `{}`", name.to_ascii_lowercase()),
            )
        } else if HeaderName::from_bytes(name.as_bytes()).is_err() {
            (
                "this is not a header name",
                "a name has letters, digits and `-`".to_owned(),
            )
        } else if CREDENTIALS.contains(&name) {
            (
                "a credential is not for conditions",
                "ask for what it states: `principal.claims.<name>`".to_owned(),
            )
        } else if never_passes(name.as_bytes()) && name != "content-length" {
            let help = "the app gets our own or none; ask for what is judged, such as `request.client_ip`, \
                        `request.host` or `request.path`";
            let message = "this header never reaches the app as the caller wrote it";
            (message, help.to_owned())
        } else if around.stripped.contains(name) {
            let help = "what a caller writes there counts for nothing; ask the `principal`";
            ("this header is taken out of every request", help.to_owned())
        } else {
            reads.facts.insert(Fact::Header(name.into()));
            return Some(());
        };
        self.complain(read, message, help, around);
        None
    }

    fn query(&self, read: &Read, reads: &mut Reads, around: &Surroundings<'_>) -> Option<()> {
        let name = self.key(read, "request.query[\"name\"]", around)?;
        reads.facts.insert(Fact::Query(name.into()));
        Some(())
    }

    fn claim(&self, read: &Read, reads: &mut Reads, around: &Surroundings<'_>) -> Option<()> {
        let name = self.key(read, "principal.claims.name", around)?;
        reads.facts.insert(Fact::Claim(name.into()));
        Some(())
    }

    fn permission(
        &self,
        read: &Read,
        permissions: &mut Permissions,
        around: &mut Surroundings<'_>,
    ) -> Option<()> {
        let name = self.key(read, "\"users:read\" in principal.permissions", around)?;
        let named = Placed {
            value: name.to_owned(),
            node: self.source.node.clone(),
        };
        let granting = around.rights.granting(&named, around.problems)?;
        permissions.push((name.into(), granting));
        Some(())
    }

    /// The name below a map of facts. One that is only known when it runs could be neither recorded
    /// nor remembered.
    fn key<'r>(&self, read: &'r Read, form: &str, around: &Surroundings<'_>) -> Option<&'r str> {
        if let Some(name) = read.keys.first() {
            return Some(name);
        }
        let help = format!("name what you mean: `{form}`");
        self.complain(read, UNNAMED, help, around);
        None
    }

    fn complain(&self, read: &Read, message: &str, help: String, around: &Surroundings<'_>) {
        let at = self.offset + read.offset;
        complain_at(self.source, at, message.to_owned(), help, around.problems);
    }
}

/// What stands behind a name, of the facts that every decision record has. The roles that count depend on
/// the kind of caller: only a person has the default role.
fn core(slot: Slot) -> &'static [CoreFact] {
    match slot {
        slots::METHOD => &[CoreFact::Method],
        slots::SCHEME => &[CoreFact::Scheme],
        slots::HOST => &[CoreFact::Host],
        slots::PATH | slots::PATHS | slots::CAPTURES.. => &[CoreFact::Path],
        slots::CLIENT_IP => &[CoreFact::Client],
        slots::TIME => &[CoreFact::Time],
        slots::SUBJECT => &[CoreFact::Subject],
        slots::TENANT => &[CoreFact::Tenant],
        slots::ISSUER => &[CoreFact::Issuer],
        slots::KIND => &[CoreFact::Kind],
        slots::ROLES => &[CoreFact::Kind, CoreFact::Roles],
        slots::SCOPES => &[CoreFact::Scopes],
        slots::PERMISSIONS => &[CoreFact::Kind, CoreFact::Roles, CoreFact::Scopes],
        _ => &[],
    }
}

/// What an expression depends on that asks for no permission and reads nothing the caller wrote but the
/// path; or what is wrong with it, and what would be right.
pub(super) fn anywhere(program: &Program) -> Result<Reads, (String, String)> {
    let mut reads = Reads::default();
    for read in program.reads() {
        let of_principal = (slots::SUBJECT..slots::CAPTURES).contains(&read.slot);
        reads.principal |= of_principal;
        reads.request |= !of_principal;
        match (read.slot, read.keys.first()) {
            (slots::CLAIMS, Some(name)) => {
                reads.facts.insert(Fact::Claim(name.clone()));
            }
            (slots::PATHS, Some(name)) => {
                reads.captures.insert(name.clone());
            }
            (slots::PERMISSIONS, _) => {
                let help = "ask for it in `when`, or name roles here".to_owned();
                return Err(("an answer asks for no permission".to_owned(), help));
            }
            (slots::CLAIMS | slots::PATHS, None) => {
                let help = "name what you mean: `principal.claims.name`, `path.name`".to_owned();
                return Err((UNNAMED.to_owned(), help));
            }
            (slots::EMAIL, _) => {
                reads.facts.insert(Fact::Email);
            }
            _ => {}
        }
    }
    Ok(reads)
}
