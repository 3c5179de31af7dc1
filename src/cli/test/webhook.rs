//! The delivery that a case sends.

use crate::cli::trial::{Change, DeliveryDraft};
use crate::document::{Fields, Node, Placed, Problems, Read as _, Value};

use super::key::moment;

/// What a case sends, and the webhook that it names.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) draft: DeliveryDraft,
    /// The webhook as it is named, to be held against the policy.
    pub(super) webhook: Option<Placed<String>>,
    /// Where it is written.
    pub(super) node: Node,
}

/// Reads a delivery: the name of its webhook, or a map.
pub(super) fn read(node: &Node, problems: &Problems) -> Option<Sent> {
    if let Value::Text(_) = node.value {
        let webhook = Placed::<String>::read(node, problems)?;
        return Some(Sent {
            draft: DeliveryDraft {
                webhook: Some(webhook.value.clone()),
                ..DeliveryDraft::default()
            },
            webhook: Some(webhook),
            node: node.clone(),
        });
    }
    let mut fields = Fields::of(node, "delivery", problems)?;
    fields.refuse_blanks();
    let webhook: Option<Placed<String>> = fields.optional("name");
    let draft = DeliveryDraft {
        webhook: webhook.as_ref().map(|name| name.value.clone()),
        tenant: fields.optional("tenant"),
        secret: fields.optional("secret"),
        event_id: fields.optional("event_id"),
        at: moment(fields.raw("at"), problems),
        change: fields.choice("change", &Change::WORDS),
    };
    fields.finish();
    Some(Sent {
        draft,
        webhook,
        node: node.clone(),
    })
}
