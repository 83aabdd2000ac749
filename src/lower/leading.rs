//! The sizes of its input as the first arguments of a layer, as other frameworks have them: how they are told, and the call without.
//!
//! In: an operation, its arguments by position and the shape that it reads. Out: how many of the first arguments are sizes of
//! the input, and the fix that leaves them out. Nothing is reported here.

use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Edit, Fix};
use crate::op::{Conv, Op, Padding, Shape};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};

/// The largest kernel that networks have along one side, but for a few that say so with large maps.
const MOST_TAPS: u64 = 13;

/// What the change is, for who reads the fix.
pub(super) const MESSAGE: &str = "leave out the input channels, which follow from the input";

/// Whether a window of `kernel` at every `stride` is one that networks have.
fn is_usual(kernel: u64, stride: u64) -> bool {
    let odd = kernel % 2 == 1 && kernel <= MOST_TAPS && matches!(stride, 1 | 2 | 4);
    // An even window reads each pixel as often as the next, once or twice.
    odd || kernel == stride || kernel == 2 * stride
}

/// How many of the first arguments can only be channels of the input: none where one may mean them as they stand.
pub(super) fn sizes(keyword: &str, positional: &[u64], input: Shape) -> usize {
    let channels = input.channels();
    if positional.first() != Some(&channels) {
        return 0;
    }
    let leads = match (keyword, positional) {
        ("conv" | "conv_transpose", [_, second, stride, ..]) => !is_usual(*second, *stride),
        // The channels that come in, those that go out, the kernel: no window is as large as the step to a multiple of it.
        ("dwconv", [_, out, kernel, rest @ ..]) if is_depthwise(channels, *out, *kernel, rest) => return 2,
        ("dwconv", [_, second]) => !is_usual(channels, *second),
        ("dwconv", [_, second, third, ..]) => !is_usual(channels, *second) && is_usual(*second, *third),
        _ => false,
    };
    usize::from(leads)
}

/// How many of the first arguments are channels, where a name says again what stands by position: that they are too many is
/// sure then, and a convolution has one such size. Which of a `dwconv` are sizes only their numbers tell.
pub(super) fn too_many(keyword: &str, positional: &[u64], input: Shape) -> usize {
    let has_one = matches!(keyword, "conv" | "conv_transpose") && positional.first() == Some(&input.channels());
    sizes(keyword, positional, input).max(usize::from(has_one))
}

/// How many output channels there are for each of the input, where two sizes say so and it is not what holds anyway.
pub(super) fn multiplier(positional: &[u64], sizes: usize) -> Option<u64> {
    match positional {
        [channels, out, ..] if sizes == 2 => out.checked_div(*channels).filter(|multiplier| *multiplier > 1),
        _ => None,
    }
}

/// The fix that takes from a call what stands before `next`, beginning with `first`.
pub(super) fn without(first: Span, next: Span) -> Fix {
    let edits = vec![Edit::replace(Span { end: next.start, ..first }, "")];
    Fix { message: MESSAGE.to_owned(), applicability: Unsafe, edits }
}

/// `dwconv(32, 32, 3)`, with as many channels behind it or a multiple.
fn is_depthwise(channels: u64, out: u64, kernel: u64, rest: &[u64]) -> bool {
    let no_window = channels > MOST_TAPS && kernel > 1 && out == channels || out > channels;
    no_window && out.is_multiple_of(channels) && kernel % 2 == 1 && is_usual(kernel, rest.first().copied().unwrap_or(1))
}

/// What a convolution makes whose call leaves out the first argument, which is the input's channels, and the fix that does so:
/// all else moves along by one, and what has a name stays. `None` where the first argument is another number or needs to stand,
/// and where the rest has no result.
pub(super) fn left_out(op: &Op, call: &Expr, input: Shape) -> Option<(Shape, Fix)> {
    let Op::Conv(conv) = op else { return None };
    let ExprKind::Call(call) = &call.kind else { return None };
    let args = &call.lists.first()?.args;
    let count = args.iter().take_while(|arg| arg.name.is_none()).count();
    let pad = [conv.pad.top, conv.pad.left];
    let all = [[conv.out; 2], conv.kernel, conv.stride, pad, conv.dilation];
    let given = if conv.depthwise { &all[1..] } else { &all[..] }.get(..count)?;
    // A line's numbers stand in the place of the columns.
    let leads = |first: &[u64; 2]| first[1] == input.channels() && (conv.line || first[0] == first[1]);
    let (_, rest) = given.split_first().filter(|(first, _)| leads(first))?;
    // What stood by position has moved along, and the last of it is left to its default.
    let at = |index: usize, default: u64, own: [u64; 2]| {
        rest.get(index).copied().unwrap_or(if index < count { [default; 2] } else { own })
    };
    let begin = usize::from(!conv.depthwise);
    let out = if conv.depthwise { conv.out } else { rest.first()?[usize::from(conv.line)] };
    let kernel = *rest.get(begin)?;
    let padded = if begin + 2 < count { Padding::even(at(begin + 2, 0, pad)) } else { conv.pad };
    let stride = at(begin + 1, 1, conv.stride);
    let changed = Conv { out, kernel, stride, pad: padded, dilation: at(begin + 3, 1, conv.dilation), ..conv.clone() };
    let shape = Op::Conv(changed).infer(&[input]).ok()?;
    Some((shape, without(args[0].value.span, args.get(1)?.value.span)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(keyword: &str, numbers: &[u64], channels: u64) -> usize {
        sizes(keyword, numbers, Shape::new(&[channels, 224, 224]).expect("a shape"))
    }

    #[test]
    fn windows_that_nobody_means_give_it_away() {
        assert_eq!(begins("conv", &[3, 64, 3], 3), 1);
        assert_eq!(begins("conv", &[64, 64, 1], 64), 1);
        assert_eq!(begins("conv", &[1, 6, 5], 1), 1);
        assert_eq!(begins("conv_transpose", &[64, 32, 2, 2], 64), 1);
        assert_eq!(begins("dwconv", &[32, 3], 32), 1);
        assert_eq!(begins("dwconv", &[32, 3, 1, 1], 32), 1, "with a stride and padding");
        assert_eq!(begins("dwconv", &[32, 3, 2, 1, 1], 32), 1);
        assert_eq!(begins("dwconv", &[32, 32, 3], 32), 2, "channels in and out");
        assert_eq!(begins("dwconv", &[32, 64, 3, 1, 1], 32), 2, "two for each");
    }

    #[test]
    fn a_name_that_says_it_again_tells_one_size_of_a_convolution_and_none_of_a_dwconv() {
        let input = Shape::new(&[8, 32, 32]).expect("a shape");
        assert_eq!(too_many("conv", &[8, 3, 2], input), 1);
        assert_eq!(too_many("dwconv", &[8, 8, 3], input), 0, "an 8x8 or a 3x3");
        assert_eq!((too_many("dwconv", &[8, 16, 3], input), multiplier(&[8, 16, 3], 2)), (2, Some(2)));
        assert_eq!(multiplier(&[8, 8, 3], 2), None);
    }

    #[test]
    fn what_one_may_mean_is_left_alone() {
        assert_eq!(begins("conv", &[64, 3, 2], 64), 0, "a 3x3 with stride 2");
        assert_eq!(begins("conv", &[64, 3], 64), 0, "no stride: the kernel is its last");
        assert_eq!(begins("conv", &[3, 16, 16], 3), 0, "patches of 16x16");
        assert_eq!(begins("conv", &[32, 8, 4], 32), 0, "an 8x8 with stride 4");
        assert_eq!(begins("conv", &[8, 64, 3], 3), 0, "other channels");
        assert_eq!(begins("dwconv", &[3, 1], 3), 0);
        assert_eq!(begins("dwconv", &[3, 2, 1], 3), 0);
        assert_eq!(begins("dwconv", &[3, 1, 1, 1], 3), 0, "a 3x3 with padding");
        assert_eq!(begins("dwconv", &[16, 16], 16), 0, "patches of 16x16");
    }
}
