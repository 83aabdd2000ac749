//! Calls that are valid here and were surely written for another framework: the input's channels as the first argument, the batch
//! as the first size of a shape or an axis before the first, and maps with their channels last.
//!
//! In: an operation that has been built, and its call. Out: warnings; the meaning of a valid call is changed by a fix only where that is a guess.
//! A convolution that one might mean is left alone: `conv(64, 3, 2)` keeps 64 channels as often as not.

use super::call::Given;
use super::flowing::Flow;
use super::{Builder, Frame, Value, leading};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::op::table::OpInfo;
use crate::op::{Class, Op, Shape};
use crate::source::Span;
use crate::syntax::ast::ExprKind;

/// Channels of pictures: grey, colour, colour with transparency.
const PICTURE: [u64; 3] = [1, 3, 4];

/// The arguments by position as far as all are integers, or the same integer for each side.
pub(super) fn positional(given: &[Given<'_>]) -> Vec<u64> {
    let leading = given.iter().take_while(|g| g.arg.name.is_none());
    leading.map_while(|g| u64::try_from(g.value.to_i64().or_else(|| each_side(&g.value))?).ok()).collect()
}

/// `[3, 3]` as 3.
fn each_side(value: &Value) -> Option<i64> {
    let Value::List(items) = value else { return None };
    let (first, rest) = items.split_first()?;
    let number = first.to_i64()?;
    rest.iter().all(|item| item.to_i64() == Some(number)).then_some(number)
}

impl<'a> Builder<'a> {
    /// Warns of a call that is valid and written for another framework.
    pub(super) fn habits(&mut self, frame: &Frame<'a>, (info, given): (&OpInfo, &[Given<'a>]), inputs: &[Flow], span: Span) {
        let Some((id, _)) = inputs.first() else { return };
        let (input, numbers) = (self.shapes[*id], positional(given));
        let sizes = leading::sizes(info.keyword, &numbers, input);
        if sizes > 0 {
            self.report(frame, channels_first_argument(info.keyword, (&numbers, sizes), given, span));
        }
        if let ("reshape", [shape]) = (info.keyword, given)
            && let Some(found) = batch_in_shape(shape, input)
        {
            self.report(frame, found);
        }
        if let ("flatten", [from]) = (info.keyword, given)
            && let Some(found) = all_but_the_batch(from, input)
        {
            self.report(frame, found);
        }
    }

    /// Warns of a map whose last side is as long as a picture has channels: what reads it takes the sides for channels.
    pub(super) fn channels_last(&mut self, frame: &Frame<'a>, op: &Op, inputs: &[Flow]) {
        let Some((id, _)) = inputs.first() else { return };
        let node = self.graph.node(*id);
        let (true, Some(place)) = (matches!(node.op, Op::Input(_)), node.origin.span) else { return };
        let shape = self.shapes[*id];
        let Some((height, width)) = shape.hw() else { return };
        let by_convolution = matches!(op, Op::Conv(_));
        let is_shape = if by_convolution { is_picture } else { is_square_picture };
        let written = self.calls.get(*id).map_or(place, |expr| expr.span);
        let told = self.seen.contains_key(&(Code::LintOtherOrder, Ok(written)));
        if told || !is_shape(shape.channels(), height, width) || !reads_a_map(op) {
            return;
        }
        let reader = if by_convolution { "a convolution".to_owned() } else { format!("`{}`", op.keyword()) };
        let message = format!("`{}` has {} channels of {height}x{width}: channels come first here", node.name, shape.channels());
        let help = format!("write `[{width}, {}, {height}]`, if these are height, width and channels", shape.channels());
        let diagnostic = Diagnostic::warning(Code::LintOtherOrder, message, written, format!("read by {reader}"));
        self.report(frame, diagnostic.help(help));
    }
}

impl Builder<'_> {
    /// `conv(3, 64, 3)` where that has no result: without the input's channels, if it then has one.
    pub(super) fn without_channels(&self, op: &Op, input: Shape, call: Span) -> Option<Fix> {
        let call = self.calling.filter(|expr| expr.span == call)?;
        leading::left_out(op, call, input).map(|(_, fix)| fix)
    }

    /// `linear(512, 10)`, `prelu(64)`, `bn(64)`: what takes another argument where a framework has a size of the input.
    pub(super) fn without_size(&self, keyword: &str, given: &[Given<'_>], inputs: &[Flow]) -> Option<Fix> {
        let (id, _) = inputs.first()?;
        let shape = self.shapes[*id];
        let (message, edit) = match (keyword, given) {
            ("linear", [size, out, ..]) => {
                let last = shape.dim(shape.rank() - 1);
                (size.value.to_i64()? == i64::try_from(last).ok()? && out.value.to_i64().is_some()).then_some(())?;
                let span = Span { end: out.arg.value.span.start, ..size.arg.value.span };
                ("leave out the input's size, which follows from the input", Edit::replace(span, ""))
            }
            ("bn" | "instance_norm", [size]) | ("group_norm", [_, size]) if size.arg.name.is_none() => {
                (size.value.to_i64()? == i64::try_from(shape.channels()).ok()?).then_some(())?;
                let span = self.with_comma(size.arg.value.span);
                (leading::MESSAGE, Edit::replace(span, ""))
            }
            ("prelu", [slopes]) if slopes.arg.name.is_none() => {
                let shared = match slopes.value.to_i64()? {
                    1 => "shared=true",
                    slopes if u64::try_from(slopes) == Ok(shape.channels()) => "shared=false",
                    _ => return None,
                };
                ("say whether one slope is shared", Edit::replace(slopes.arg.value.span, shared))
            }
            _ => return None,
        };
        Some(Fix { message: message.to_owned(), applicability: Unsafe, edits: vec![edit] })
    }
}

/// `[224, 224, 3]`: a large square, or nearly, of pixels that hold a picture's channels.
fn is_picture(channels: u64, height: u64, width: u64) -> bool {
    const LEAST: u64 = 16;
    PICTURE.contains(&width) && channels >= LEAST && height >= LEAST && channels.abs_diff(height) * 2 <= channels.max(height)
}

/// The same beyond doubt, for what reads a map whatever it holds.
fn is_square_picture(channels: u64, height: u64, width: u64) -> bool {
    const LEAST: u64 = 8;
    matches!(width, 1 | 3) && channels == height && height > LEAST
}

/// Whether an operation tells the channels of a map from its sides, and does not put them in order; a window is as long on the
/// short side, which `[1, k]` on a line is not.
fn reads_a_map(op: &Op) -> bool {
    let is_square = op.attributes().kernel.is_none_or(|[height, width]| height == width);
    is_square
        && match op.class() {
            Class::Layer => !matches!(op, Op::Linear(_)),
            Class::Norm(_) | Class::Scale | Class::Resize => true,
            Class::Competition => matches!(op, Op::Lrn(_)),
            Class::Pooling => !matches!(op, Op::Reduce(_)),
            Class::Rearrangement => matches!(op, Op::DepthToSpace(_) | Op::SpaceToDepth(_) | Op::ChannelShuffle(_)),
            Class::Source | Class::Activation | Class::Product | Class::Arithmetic | Class::Reshape | Class::Nothing => false,
        }
}

/// `reshape([-1, 8, 256])` where the other sizes take all elements, so that a dimension of 1 is left for the first: elsewhere it is
/// the batch.
fn batch_in_shape(given: &Given<'_>, input: Shape) -> Option<Diagnostic> {
    let Value::List(sizes) = &given.value else { return None };
    let (first, rest) = sizes.split_first().filter(|(first, rest)| first.to_i64() == Some(-1) && !rest.is_empty())?;
    let product = rest.iter().try_fold(1u64, |all, size| all.checked_mul(u64::try_from(size.to_i64()?).ok()?))?;
    if Some(product) != input.elements() {
        return None;
    }
    let texts: Vec<String> = rest.iter().map(Value::shown).collect();
    let meant = texts.join(", ");
    let message = format!("`reshape` makes [1, {meant}]: for the {} there is nothing left but 1", first.shown());
    let found = Diagnostic::warning(Code::LintOtherOrder, message, given.arg.value.span, "as many as the input has elements")
        .help(format!("the batch is no dimension here: write `[{meant}]` if it was meant, and 1 if it was not"));
    let ExprKind::List(items) = &given.arg.value.kind else { return Some(found) };
    let [batch, next, ..] = &items[..] else { return Some(found) };
    let edits = vec![Edit::replace(Span { end: next.span.start, ..batch.span }, "")];
    Some(found.fix(Unsafe, "leave out the batch", edits))
}

/// `flatten(1)` of a map: elsewhere it leaves the batch alone, which is no axis here.
fn all_but_the_batch(from: &Given<'_>, input: Shape) -> Option<Diagnostic> {
    let (height, width) = input.hw().filter(|_| from.arg.name.is_none() && from.value.to_i64() == Some(1))?;
    let message = format!("`flatten(1)` keeps the channels and makes [{}, {}] of {input}", input.channels(), height * width);
    let span = from.arg.value.span;
    let found = Diagnostic::warning(Code::LintOtherOrder, message, span, "the batch is no axis here");
    let found = found.fix(Unsafe, "leave it out: one vector of all elements", vec![Edit::replace(span, "")]);
    Some(found.fix(Unsafe, "name it where the channels stay: nothing is said then", vec![Edit::before(span, "from=")]))
}

fn channels_first_argument(keyword: &str, (numbers, sizes): (&[u64], usize), given: &[Given<'_>], span: Span) -> Diagnostic {
    let first = numbers[0];
    let meaning = match keyword {
        "conv" | "conv_transpose" => {
            format!("`{keyword}` makes {first} channels with a kernel of {} and stride {}", numbers[1], numbers[2])
        }
        _ => format!("`{keyword}` has a kernel of {first} and stride {}", numbers[1]),
    };
    let mut rest: Vec<String> = numbers[sizes..].iter().map(u64::to_string).collect();
    // There the groups stand where the dilation does here.
    if let ("conv_transpose", Some(groups)) = (keyword, rest.get_mut(5)) {
        *groups = format!("groups={groups}");
    }
    // Of the channels that go out only how many there are for each that comes in is said here.
    rest.extend(leading::multiplier(numbers, sizes).map(|multiplier| format!("multiplier={multiplier}")));
    let meant = format!("{keyword}({})", rest.join(", "));
    let at = given.first().map_or(span, |g| g.arg.value.span);
    Diagnostic::warning(Code::LintOtherOrder, meaning, at, "as many as the input has channels")
        .help(format!("the input's channels are no argument here: write `{meant}` if they were meant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_nearly_square_and_a_cube_of_pixels_is_none() {
        assert!(is_picture(224, 224, 3) && is_picture(224, 192, 4));
        assert!(!is_picture(224, 7, 3), "no picture has sides so unlike");
        assert!(is_square_picture(32, 32, 1) && is_square_picture(9, 9, 3));
        assert!(!is_square_picture(8, 8, 3) && !is_square_picture(64, 32, 3) && !is_square_picture(64, 64, 4));
    }
}
