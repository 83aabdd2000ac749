//! Tensors of four dimensions where a map is needed: a batch of maps, as other frameworks write it, or a volume.
//!
//! In: a finding that a tensor is no map, and its shape. Out: the finding with what is meant most likely, and a fix where the shape
//! is written.

use super::Builder;
use super::flowing::Flow;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::syntax::ast::ExprKind;

impl Builder<'_> {
    /// `[1, 3, 224, 224]`, as other frameworks have it: the batch stands in front of the map's shape. A volume has as many
    /// dimensions; what can only be one is told so, and else both are told.
    pub(super) fn four_dimensions(&self, diagnostic: Diagnostic, inputs: &[Flow], index: usize) -> Diagnostic {
        let batch = "the batch is never written; it is chosen when the network is analysed or run";
        let volume = "3-D convolutions and poolings of `[C, D, H, W]` are not had: maps are `[C, H, W]`, and lines `[C, L]`";
        let Some((id, _)) = inputs.get(index) else { return diagnostic.help(volume) };
        let shape = self.shapes[*id];
        // A clip or a scan has the channels in front, a batch of pictures behind it.
        let is_picture = |axis: usize| matches!(shape.dim(axis), 1 | 3 | 4);
        if is_picture(0) && !is_picture(1) && shape.dim(0) != 1 {
            return diagnostic.help(volume);
        }
        let diagnostic = match self.calls.get(*id).map(|expr| &expr.kind) {
            Some(ExprKind::List(dims)) if dims.len() == 4 => {
                let span = Span { end: dims[1].span.start, ..dims[0].span };
                diagnostic.fix(Unsafe, batch, vec![Edit::replace(span, "")])
            }
            _ => diagnostic.help(batch),
        };
        if shape.dim(0) == 1 && is_picture(1) { diagnostic } else { diagnostic.note(volume) }
    }
}
