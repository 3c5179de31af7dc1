//! Constants are worked out when they are loaded.

use super::super::eval::Machine;
use super::super::program::Node;
use super::super::{Error, ErrorKind};
use super::calls::never;
use super::{Typed, error};

/// Replaces a node over constants by its value. An error stays where it is: what is around it may
/// never ask for it. But a text that is converted and never can be is a mistake of the file.
pub(super) fn fold(mut typed: Typed) -> Result<Typed, Error> {
    if !over_constants(&typed.op.node) {
        return Ok(typed);
    }
    let value = Machine::new(&())
        .run(&typed.op)
        .map(|value| value.into_owned());
    match (value, &typed.op.node) {
        (Ok(value), _) => typed.op.node = Node::Constant(value),
        (Err(_), Node::Call(function, arguments)) => {
            if let Some(message) = never(*function, arguments) {
                return Err(error(ErrorKind::Constant, typed.op.extent, message));
            }
        }
        (Err(_), _) => {}
    }
    Ok(typed)
}

/// Macros stay: what they do to a constant list is counted when they run.
fn over_constants(node: &Node) -> bool {
    let leaf = matches!(
        node,
        Node::Constant(_) | Node::Load(_) | Node::HasField(_) | Node::Local(_)
    );
    let mut constant = !leaf && !matches!(node, Node::Loop(_) | Node::Bind(..));
    node.each_child(&mut |child| constant &= matches!(child.node, Node::Constant(_)));
    constant
}
