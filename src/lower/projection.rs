//! A shortcut's projection written with the parameters of the block that it stands in.
//!
//! A block that is used with matching and other inputs needs its projection only for the latter. Where the branch beside
//! the shortcut names its channels and its stride by parameters of the block, the usual condition can be written.

use super::Builder;
use crate::graph::NodeId;
use crate::op::{Op, table};
use crate::syntax::ast::{Expr, ExprKind};

/// The parameters that a branch's channels and stride follow.
struct Names<'n> {
    out: &'n str,
    stride: Option<&'n str>,
}

impl Builder<'_> {
    /// The condition, the projection of `short` and what stands otherwise, with the projection's call.
    pub(super) fn conditional_projection(&self, short: &str, long: NodeId) -> Option<(String, String)> {
        let Names { out, stride } = self.parameters_of_branch(long)?;
        let (differs, call) = match stride {
            Some(stride) => (format!("channels({short}) != {out} or {stride} != 1"), format!("conv({out}, 1, stride={stride})")),
            None => (format!("channels({short}) != {out}"), format!("conv({out}, 1)")),
        };
        Some((format!("(if {differs} {{ {short} -> {call} }} else {{ {short} }})"), call))
    }

    fn parameters_of_branch(&self, long: NodeId) -> Option<Names<'_>> {
        let (file, block) = self.active.last()?;
        let (_, block) = self.program.block(*file, block)?;
        let parameter = |text: &str| block.params.iter().any(|param| param.name.text == text);
        let instance = self.graph.node(long).origin.instance;
        let channels = self.shapes[long].channels();
        let (mut out, mut stride) = (None, None);
        for id in self.upstream(long) {
            let node = self.graph.node(id);
            if node.origin.instance != instance {
                break;
            }
            let Op::Conv(conv) = &node.op else { continue };
            let call = self.calls.get(id)?;
            if out.is_none() && conv.out == channels {
                out = argument(call, node.op.keyword(), "out").filter(|text| parameter(text));
            }
            match argument(call, node.op.keyword(), "stride").filter(|text| parameter(text)) {
                Some(name) if stride.is_none() => stride = Some(name),
                Some(_) => return None,
                None if conv.stride != [1, 1] => return None,
                None => {}
            }
        }
        Some(Names { out: out?, stride })
    }
}

/// The name that is given for an argument, by name or by position.
fn argument<'e>(call: &'e Expr, keyword: &str, name: &str) -> Option<&'e str> {
    let ExprKind::Call(call) = &call.kind else { return None };
    let args = &call.lists.first()?.args;
    let index = table::find(keyword)?.params.iter().position(|param| param.name == name)?;
    let by_name = args.iter().find(|arg| arg.name.as_ref().is_some_and(|n| n.text == name));
    let by_position = args.get(index).filter(|arg| arg.name.is_none());
    if let ExprKind::Name(text) = &by_name.or(by_position)?.value.kind { Some(text) } else { None }
}
