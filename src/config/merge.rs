//! Which layer wins: figment decides, and the winner's place comes back with it.

use figment::providers::Serialized;
use figment::value::{Dict, Map, Tag, Value as Merged};
use figment::{Error, Figment, Metadata, Profile, Provider};

use super::layer::Layer;
use super::tree;
use crate::document::{Key, Layout, Node, Problems, Value};

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Serialized::defaults(self.top.to_json()).data()
    }
}

/// One tree of all layers; later ones win. Maps are merged key by key, anything else is replaced
/// whole.
pub(super) fn merge(layers: &[Layer], problems: &Problems) -> Option<Node> {
    let figment = layers.iter().fold(Figment::new(), Figment::merge);
    let tops: Vec<_> = layers
        .iter()
        .map(|layer| (layer.name, &layer.top))
        .collect();
    let owner = |tag: Tag| {
        figment
            .get_metadata(tag)
            .map(|layer| layer.name.to_string())
    };
    let merged = figment.find_value("").ok();
    let top = merged.and_then(|merged| restore(&merged, &tops, &owner));
    if top.is_none()
        && let Some((_, first)) = tops.first()
    {
        // Its own message could quote values, and no layer that got here can cause it.
        let message = "the settings cannot be merged".to_owned();
        tree::problem(first.place.clone(), "", message, problems);
    }
    top
}

/// The node behind a merged value. `sources` are the layers that have something at its path, in
/// rising weight; `owner` names the layer that a value came from.
fn restore(
    merged: &Merged,
    sources: &[(&'static str, &Node)],
    owner: &dyn Fn(Tag) -> Option<String>,
) -> Option<Node> {
    if let Merged::Dict(_, merged) = merged {
        return restore_map(merged, sources, owner);
    }
    let owner = owner(merged.tag())?;
    let (_, node) = sources.iter().find(|(name, _)| *name == owner)?;
    Some((*node).clone())
}

fn restore_map(
    merged: &Dict,
    sources: &[(&'static str, &Node)],
    owner: &dyn Fn(Tag) -> Option<String>,
) -> Option<Node> {
    let is_map = |node: &Node| matches!(node.value, Value::Map(_));
    let (_, first) = sources.iter().find(|(_, node)| is_map(node))?;
    let mut entries: Vec<(Key, Node)> = Vec::new();
    for (name, _) in sources.iter().flat_map(|(_, node)| entries_of(node)) {
        let new = entries.iter().all(|(key, _)| key.name != name.name);
        let Some(value) = merged.get(&name.name).filter(|_| new) else {
            continue;
        };
        let below: Vec<_> = sources
            .iter()
            .filter_map(|(layer, node)| Some((*layer, node.at(&name.name)?)))
            .collect();
        let node = restore(value, &below, owner)?;
        entries.push((key_of(&node, name, sources), node));
    }
    Some(Node {
        value: Value::Map(entries),
        place: first.place.clone(),
        path: first.path.clone(),
        from_environment: first.from_environment,
        is_variable: first.is_variable,
        layout: Layout::Opaque,
    })
}

fn entries_of(node: &Node) -> &[(Key, Node)] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

/// The key that stands before the node which won.
fn key_of(node: &Node, name: &Key, sources: &[(&'static str, &Node)]) -> Key {
    sources
        .iter()
        .flat_map(|(_, source)| entries_of(source))
        .find(|(key, value)| key.name == name.name && value.place == node.place)
        .map_or_else(|| name.clone(), |(key, _)| key.clone())
}
