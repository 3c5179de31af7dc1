//! What only together makes sense: the keys of a scheme, held against each other.

use crate::document::{Node, Placed, Problems};
use crate::model::Coverage;

use super::super::place::Place;
use super::super::primitive::Primitive;
use super::super::signature::Items;
use super::super::template::{Piece, Template};
use super::super::{Declared, StampPlace};
use super::Unique;

impl Declared {
    /// Works out what the signature covers, and reports what contradicts itself.
    pub(super) fn relate(
        &mut self,
        node: &Node,
        covers: Option<Placed<Coverage>>,
        unique: Option<Placed<Unique>>,
        problems: &Problems,
    ) {
        // A mistake in the template was reported, and everything else would follow from it.
        if self.template.is_some() {
            self.relate_template(node, problems);
        }
        if self.template.is_some() || self.primitive.is_fixed() {
            self.relate_coverage(node, covers, problems);
            self.relate_id(unique, problems);
        }
    }

    fn relate_template(&mut self, node: &Node, problems: &Problems) {
        let Some(template) = &self.template else {
            return;
        };
        let signed = node.at("signed").unwrap_or(node);
        check_secret(self.primitive, template, signed, problems);
        if template.mentions_address() && self.base.is_none() {
            let help = "add `url: https://hooks.example.com` to the webhook: the address as it is \
                registered at the sender, up to the path";
            problems.error_with(
                signed,
                "the scheme signs the address, and no `url` is set",
                help,
            );
        }
        for (piece, key, missing) in [
            (Piece::Timestamp, "timestamp", self.timestamp.is_none()),
            (Piece::Id, "id", self.id.is_none()),
        ] {
            if template.mentions(&piece) && missing {
                let message = format!("`{{{key}}}` is signed, and nothing says where it stands");
                problems.error_with(
                    signed,
                    message,
                    format!("add `{key}: {{ from: ..., name: ... }}`"),
                );
            }
        }
        let list = self.signature.list.as_ref().map(|list| &list.items);
        if let Some(stamp) = &mut self.timestamp {
            stamp.covered = template.has(&Piece::Timestamp)
                || matches!(&stamp.place, StampPlace::At(place) if template.covers(place));
            let at = node.at("timestamp").unwrap_or(node);
            check_list(&stamp.place, list, at, problems);
            if stamp.tolerance.is_none() && template.timestamp_touches() {
                let help = "set a tolerance: digits could move over from what stands beside it";
                problems.error_with(at, "a time without a window stands beside a value", help);
            }
        }
        if let Some(hash) = &self.body_hash
            && !template.covers(&hash.place)
        {
            let help = "let `signed` hold what the digest stands in: `{url}`, `{header:NAME}`";
            let at = node.at("body_hash").unwrap_or(node);
            problems.error_with(at, "the signature does not cover the body's digest", help);
        }
    }

    fn relate_coverage(
        &mut self,
        node: &Node,
        covers: Option<Placed<Coverage>>,
        problems: &Problems,
    ) {
        let template = self.template.as_ref();
        let hashed = self.body_hash.is_some();
        let whole = hashed || template.is_some_and(Template::covers_body);
        let claimed = covers.as_ref().map(|covers| covers.value);
        let at = covers.as_ref().map_or(node, |covers| &covers.node);
        self.covers = match (self.primitive.is_fixed(), claimed) {
            (true, None | Some(Coverage::Origin)) => Coverage::Origin,
            (true, Some(_)) => {
                let help = "write `covers: origin`, or leave it out";
                problems.error_with(at, "a fixed text covers nothing of a message", help);
                Coverage::Origin
            }
            (false, None | Some(Coverage::Body)) if whole => Coverage::Body,
            (false, None | Some(Coverage::Body)) => {
                let help = "let `signed` hold `{body}`, add `body_hash`, or write `covers: part`";
                problems.error_with(at, "the signature does not cover the body", help);
                Coverage::Part
            }
            (false, Some(less)) => less,
        };
    }

    fn relate_id(&mut self, unique: Option<Placed<Unique>>, problems: &Problems) {
        let template = self.template.as_ref();
        if let Some(id) = &mut self.id {
            let apart = template.is_some_and(|template| template.has(&Piece::Id));
            let around = template.is_some_and(|template| template.covers(&id.place));
            // Of one that must be there, a signature over the body says what it is.
            let in_body =
                self.body_hash.is_some() && matches!(id.place, Place::Json(_) | Place::Form(_));
            id.is_signed_apart = apart;
            id.covered = apart || around || in_body;
            id.barred = template.map(Template::barred).unwrap_or_default();
        }
        let covered = self.id.as_ref().is_some_and(|id| id.covered);
        let fixed = self.primitive.is_fixed() && self.id.is_some();
        self.by_id = match unique {
            None => covered,
            Some(unique) if unique.value == Unique::Signature => false,
            Some(unique) => {
                if !covered && !fixed {
                    let help = "write `unique: signature`: anybody can give a message another id";
                    let message = "the signature does not cover the event's id";
                    problems.error_with(&unique.node, message, help);
                }
                covered || fixed
            }
        };
    }
}

fn check_secret(primitive: Primitive, template: &Template, node: &Node, problems: &Problems) {
    let again = template.mentions(&Piece::Secret);
    match (primitive == Primitive::Digest, template.secret_first) {
        (true, true) if !again => problems.warn(
            "webhook-digest",
            node,
            "a plain hash with a secret before it can be extended by anybody who has seen one",
            "use a version of the sender's scheme that is a MAC, if there is one",
        ),
        (false, false) if !again => {}
        (true, _) => problems.error_with(
            node,
            "the kind `digest` signs the secret first, and once",
            "begin with `{secret}`",
        ),
        (false, _) => problems.error_with(
            node,
            "`{secret}` is for the kind `digest`",
            "leave it out: the secret is the key",
        ),
    }
}

fn check_list(place: &StampPlace, list: Option<&Items>, node: &Node, problems: &Problems) {
    let StampPlace::List(label) = place else {
        return;
    };
    let message = match list {
        Some(Items::Positional) => return,
        Some(Items::Labelled { key, .. }) if !label.is_empty() && key != label => return,
        Some(Items::Labelled { .. }) => "the timestamp needs a `name` of its own in the list",
        Some(Items::Plain) | None => "there is no list of signatures that could hold a timestamp",
    };
    let help = "give the signature a `list: { sep: \",\", kv: \"=\", key: v1 }`";
    problems.error_with(node, message, help);
}
