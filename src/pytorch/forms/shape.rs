//! Operations that move elements, and reductions over axes.

use super::super::python::{Arg, Kind, Py, Val, at, call, channels, key, method, unless};
use super::element::of_input;
use super::{Form, Site, batched};
use crate::op::{Gather, Reduce, Reduction, Repeat, Shape, Slice};

fn all() -> Py {
    Py::Raw(":".to_owned())
}

pub(super) fn concat(site: &Site<'_>, axis: usize) -> Form {
    let other = site.alone.iter().position(|alone| !alone);
    let Some(other) = other.filter(|_| site.alone.contains(&true)) else {
        return Form::only(call("torch.cat", vec![at(Py::Ins), at(batched(axis))]));
    };
    // What is the same for each image stands once, and is joined with one for each.
    let own = |place: usize| {
        if !site.alone[place] {
            return Py::In(place);
        }
        let size = Py::Index(Box::new(method_less(other)), vec![Py::from(0u64)]);
        let kept = (0..site.inputs[place].rank()).map(|_| at(-1i64));
        method(Py::In(place), "expand", std::iter::once(at(size)).chain(kept).collect())
    };
    let all = Py::Group((0..site.inputs.len()).map(own).collect());
    Form::only(call("torch.cat", vec![at(all), at(batched(axis))]))
}

/// `x.shape`.
fn method_less(input: usize) -> Py {
    Py::Infix(".", Box::new([Py::In(input), Py::Raw("shape".to_owned())]))
}

pub(super) fn flatten() -> Form {
    Form::plain(call("torch.flatten", vec![at(Py::In(0)), at(1u64)]), call("nn.Flatten", Vec::new()))
}

pub(super) fn reshape(shape: Shape) -> Form {
    Form::only(of_input(
        "reshape",
        std::iter::once(at(-1i64)).chain(shape.to_vec().into_iter().map(|d| at(channels(d)))).collect(),
    ))
}

pub(super) fn transpose(axes: &[usize]) -> Form {
    let axes = axes.iter().map(|axis| at(batched(*axis)));
    Form::only(of_input("permute", std::iter::once(at(0u64)).chain(axes).collect()))
}

pub(super) fn slice(site: &Site<'_>, slice: Slice) -> Form {
    let dim = site.inputs[0].dim(slice.axis) as i64;
    let (start, end) = (slice.start as i64, slice.end);
    let number = |n: i64, own: i64| if n == own { Val::None.into() } else { Py::Val(Val::Int(n), Kind::Channels) };
    let step = |step: i64| if step == 1 { Val::None.into() } else { Py::from(step) };
    let skipped = (0..slice.axis).map(|_| all());
    let items = |part: Py| std::iter::once(all()).chain(skipped).chain([part]).collect();
    if slice.step > 0 {
        let part = Py::Slice(Box::new([number(start, 0), number(end, dim), step(slice.step)]));
        return Form::only(Py::Index(Box::new(Py::In(0)), items(part)));
    }
    let flipped = of_input("flip", vec![at(batched(slice.axis))]);
    let part = Py::Slice(Box::new([number(dim - 1 - start, 0), number(dim - 1 - end, dim), step(-slice.step)]));
    Form::only(Py::Index(Box::new(flipped), items(part)))
}

pub(super) fn gather(gather: &Gather) -> Form {
    let indices = Val::List(gather.indices.iter().map(|index| Val::from(*index)).collect());
    let skipped = (0..=gather.axis).map(|_| all());
    Form::only(Py::Index(Box::new(Py::In(0)), skipped.chain([indices.into()]).collect()))
}

pub(super) fn repeat(site: &Site<'_>, repeat: &Repeat) -> Form {
    let added = site.output.rank() - site.inputs[0].rank();
    let mut x = Py::In(0);
    if added > 0 {
        let new = (0..added).map(|_| Py::Raw("None".to_owned()));
        x = Py::Index(Box::new(x), std::iter::once(all()).chain(new).collect());
    }
    Form::only(match repeat {
        Repeat::To(shape) => {
            let dims = shape.to_vec().into_iter().map(|dim| at(channels(dim)));
            method(x, "expand", std::iter::once(at(-1i64)).chain(dims).collect())
        }
        Repeat::Times(times) => method(x, "repeat", std::iter::once(at(1u64)).chain(times.iter().map(|n| at(*n))).collect()),
    })
}

pub(super) fn reduce(site: &Site<'_>, reduce: &Reduce) -> Form {
    let axes = Val::ints(reduce.axes.iter().map(|axis| batched(*axis)));
    let axes = if let Val::Tuple(one) = &axes
        && one.len() == 1
    {
        one[0].clone()
    } else {
        axes
    };
    let keep = || unless("keepdim", reduce.keep, false);
    let norm = |order: u64, axes: Val| call("torch.linalg.vector_norm", vec![at(Py::In(0)), at(order), key("dim", axes), keep()]);
    let reduced = match reduce.kind {
        Reduction::Sum => of_input("sum", vec![at(axes), keep()]),
        Reduction::Mean => of_input("mean", vec![at(axes), keep()]),
        Reduction::Amax => of_input("amax", vec![at(axes), keep()]),
        Reduction::Amin => of_input("amin", vec![at(axes), keep()]),
        Reduction::L1 => norm(1, axes),
        Reduction::L2 => norm(2, axes),
        // It takes one axis; the last one first, so that the others keep their numbers.
        Reduction::Prod => {
            let one = |x: Py, axis: &usize| method(x, "prod", vec![at(batched(*axis)), keep()]);
            reduce.axes.iter().rev().fold(Py::In(0), one)
        }
    };
    let is_all = !reduce.keep && reduce.axes.len() == site.inputs[0].rank();
    let one: Vec<Arg> = vec![at(1u64)];
    Form::only(if is_all { method(reduced, "unsqueeze", one) } else { reduced })
}
