//! Calls that are valid here and were surely written for another framework: the input's channels as the first argument, and
//! maps with their channels last.
//!
//! In: an operation that has been built, and its call. Out: warnings; the meaning of a valid call is never changed by a fix.
//! A convolution that one might mean is left alone: `conv(64, 3, 2)` keeps 64 channels as often as not.

use super::call::Given;
use super::flowing::Flow;
use super::{Builder, Frame};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::foreign::value::pieces;
use crate::op::table::OpInfo;
use crate::op::{Conv, Op, Padding, Shape};
use crate::source::Span;

/// The largest kernel that networks have along one side, but for a few that say so with large maps.
const MOST_TAPS: u64 = 13;
/// Channels of pictures: grey, colour, colour with transparency.
const PICTURE: [u64; 3] = [1, 3, 4];

/// Whether a window of `kernel` at every `stride` is one that networks have.
fn is_usual(kernel: u64, stride: u64) -> bool {
    let odd = kernel % 2 == 1 && kernel <= MOST_TAPS && matches!(stride, 1 | 2 | 4);
    // An even window reads each pixel as often as the next, once or twice.
    odd || kernel == stride || kernel == 2 * stride
}

/// The arguments by position, if all are integers.
pub(super) fn positional(given: &[Given<'_>]) -> Vec<u64> {
    let leading = given.iter().take_while(|g| g.arg.name.is_none());
    leading.map_while(|g| g.value.to_i64().and_then(|n| u64::try_from(n).ok())).collect()
}

/// Whether the first argument can only be the channels of the input.
pub(super) fn begins_with_channels(keyword: &str, positional: &[u64], input: Shape) -> bool {
    if positional.first() != Some(&input.channels()) {
        return false;
    }
    match (keyword, positional) {
        ("conv" | "conv_transpose", [_, second, rest @ ..]) => {
            let stride = rest.first().copied().unwrap_or(1);
            !rest.is_empty() && !is_usual(*second, stride)
        }
        ("dwconv", [channels, second]) => !is_usual(*channels, *second),
        ("dwconv", [channels, second, third]) => !is_usual(*channels, *second) && is_usual(*second, *third),
        _ => false,
    }
}

impl<'a> Builder<'a> {
    /// Warns of a call that is valid and written for another framework.
    pub(super) fn habits(&mut self, frame: &Frame<'a>, (info, given): (&OpInfo, &[Given<'a>]), inputs: &[Flow], span: Span) {
        let Some((id, _)) = inputs.first() else { return };
        let (input, numbers) = (self.shapes[*id], positional(given));
        if begins_with_channels(info.keyword, &numbers, input) {
            self.report(frame, channels_first_argument(info.keyword, &numbers, given, span));
        }
    }

    /// Warns of a convolution on a map whose last side is as long as a picture has channels.
    pub(super) fn channels_last(&mut self, frame: &Frame<'a>, op: &Op, inputs: &[Flow]) {
        let (Op::Conv(conv), Some((id, _))) = (op, inputs.first()) else { return };
        let node = self.graph.node(*id);
        let (true, Some(place)) = (matches!(node.op, Op::Input(_)), node.origin.span) else { return };
        let shape = self.shapes[*id];
        let Some((height, width)) = shape.hw() else { return };
        if !is_picture(shape.channels(), height, width) || !is_square(conv) {
            return;
        }
        let written = self.calls.get(*id).map_or(place, |expr| expr.span);
        let message = format!("`{}` has {} channels of {height}x{width}: channels come first here", node.name, shape.channels());
        let help = format!("write `[{width}, {}, {height}]`, if these are height, width and channels", shape.channels());
        let diagnostic = Diagnostic::warning(Code::LintOtherOrder, message, written, "read by a convolution");
        self.report(frame, diagnostic.help(help));
    }
}

impl Builder<'_> {
    /// `conv(3, 64, 3)` where that has no result: without the input's channels, if it then has one.
    pub(super) fn without_channels(&self, op: &Op, input: Shape, call: Span) -> Option<Fix> {
        let Op::Conv(conv) = op else { return None };
        let text = self.sources.text(call);
        let list = text.find('(')? + 1;
        let args = pieces(text.get(list..)?.strip_suffix(')')?);
        let numbers: Vec<u64> = args.iter().map_while(|arg| arg.parse().ok()).collect();
        let (_, rest) = numbers.split_first().filter(|(first, _)| **first == input.channels())?;
        let at = |index: usize, other: u64| [rest.get(index).copied().unwrap_or(other); 2];
        // All else moves along by one; what has a name stays.
        let moved = |pad: usize| if rest.len() > pad { Padding::even(at(pad, 0)) } else { by_name(conv, &args) };
        let changed = match rest {
            [kernel, ..] if conv.depthwise => Conv { kernel: [*kernel; 2], stride: at(1, 1), pad: moved(2), ..conv.clone() },
            [out, _, ..] => Conv { out: *out, kernel: at(1, 1), stride: at(2, 1), pad: moved(3), ..conv.clone() },
            _ => return None,
        };
        Op::Conv(changed).infer(&[input]).ok()?;
        let start = u32::try_from(list).ok()? + call.start;
        let behind = text[list..].split_once(',')?.1;
        let end = u32::try_from(text.len() - behind.trim_start().len()).ok()? + call.start;
        let edits = vec![Edit::replace(Span { start, end, ..call }, "")];
        let message = "leave out the input channels, which follow from the input".to_owned();
        Some(Fix { message, applicability: Unsafe, edits })
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
                ("leave out the input channels, which follow from the input", Edit::replace(span, ""))
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

/// The padding, if it has a name; else it was another argument's.
fn by_name(conv: &Conv, args: &[&str]) -> Padding {
    let named = args.iter().any(|arg| arg.starts_with("pad"));
    if named { conv.pad } else { Padding::default() }
}

/// `[224, 224, 3]`: a large square, or nearly, of pixels that hold a picture's channels.
fn is_picture(channels: u64, height: u64, width: u64) -> bool {
    const LEAST: u64 = 16;
    PICTURE.contains(&width) && channels >= LEAST && height >= LEAST && channels.abs_diff(height) * 2 <= channels.max(height)
}

/// A window that is as long on the short side, which `[1, k]` on a line is not.
fn is_square(conv: &Conv) -> bool {
    conv.kernel[0] == conv.kernel[1]
}

fn channels_first_argument(keyword: &str, numbers: &[u64], given: &[Given<'_>], span: Span) -> Diagnostic {
    let first = numbers[0];
    let meaning = match keyword {
        "conv" | "conv_transpose" => {
            format!("`{keyword}` makes {first} channels with a kernel of {} and stride {}", numbers[1], numbers[2])
        }
        _ => format!("`{keyword}` has a kernel of {first} and stride {}", numbers[1]),
    };
    let rest = numbers[1..].iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let meant = format!("{keyword}({rest})");
    let at = given.first().map_or(span, |g| g.arg.value.span);
    Diagnostic::warning(Code::LintOtherOrder, meaning, at, "as many as the input has channels")
        .help(format!("the input's channels are no argument here: write `{meant}` if they were meant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(keyword: &str, numbers: &[u64], channels: u64) -> bool {
        begins_with_channels(keyword, numbers, Shape::new(&[channels, 224, 224]).expect("a shape"))
    }

    #[test]
    fn windows_that_nobody_means_give_it_away() {
        assert!(begins("conv", &[3, 64, 3], 3));
        assert!(begins("conv", &[64, 64, 1], 64));
        assert!(begins("conv", &[1, 6, 5], 1));
        assert!(begins("conv_transpose", &[64, 32, 2, 2], 64));
        assert!(begins("dwconv", &[32, 3], 32));
    }

    #[test]
    fn what_one_may_mean_is_left_alone() {
        assert!(!begins("conv", &[64, 3, 2], 64), "a 3x3 with stride 2");
        assert!(!begins("conv", &[64, 3], 64), "no stride: the kernel is its last");
        assert!(!begins("conv", &[3, 16, 16], 3), "patches of 16x16");
        assert!(!begins("conv", &[32, 8, 4], 32), "an 8x8 with stride 4");
        assert!(!begins("conv", &[8, 64, 3], 3), "other channels");
        assert!(!begins("dwconv", &[3, 1], 3));
        assert!(!begins("dwconv", &[3, 2, 1], 3));
        assert!(!is_picture(224, 7, 3), "no picture has sides so unlike");
    }
}
