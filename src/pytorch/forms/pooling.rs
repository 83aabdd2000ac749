//! Pooling: PyTorch's own where it pads both sides alike, otherwise of a map that is padded before.

use super::super::python::{Arg, Py, Val, at, call, key, unless};
use super::layer::sides;
use super::{Form, Site};
use crate::op::{AdaptivePool, GlobalPool, Pool, PoolKind};

pub(super) fn pool(site: &Site<'_>, pool: &Pool) -> Form {
    let line = pool.line;
    let (x, kernel) = (Py::In(0), Val::pair(pool.kernel, line));
    let dims = if line { 1 } else { 2 };
    let stride = || Arg { default: Some(Val::pair(pool.kernel, line)), ..key("stride", Val::pair(pool.stride, line)) };
    let dilation = || unless("dilation", Val::pair(pool.dilation, line), 1u64);
    let is_dilated = pool.dilation != [1, 1];
    let padding = || unless("padding", Val::pair([pool.pad.top, pool.pad.left], line), 0u64);
    let ceil = || unless("ceil_mode", pool.ceil, false);
    let with = |x: Py, args: Vec<Arg>| std::iter::once(at(x)).chain(args).collect::<Vec<_>>();
    match pool.kind {
        PoolKind::Max if !site.sided => {
            let args = || vec![at(kernel.clone()), stride(), padding(), dilation(), ceil()];
            Form::plain(call(&format!("F.max_pool{dims}d"), with(x, args())), call(&format!("nn.MaxPool{dims}d"), args()))
        }
        PoolKind::Max => {
            let padded = call("F.pad", vec![at(x), at(sides(pool.pad, line)), key("value", f64::NEG_INFINITY)]);
            let pooled = call(&format!("F.max_pool{dims}d"), with(padded, vec![at(kernel), stride(), dilation(), ceil()]));
            // A window that begins in the padding at the end does not count.
            Form::only(if pool.ceil { cut(site, pooled) } else { pooled })
        }
        PoolKind::Avg { count_include_pad } if !site.sided && !is_dilated => {
            let counted = || unless("count_include_pad", count_include_pad, true);
            let args = || vec![at(kernel.clone()), stride(), padding(), ceil(), counted()];
            Form::plain(call(&format!("F.avg_pool{dims}d"), with(x, args())), call(&format!("nn.AvgPool{dims}d"), args()))
        }
        PoolKind::Avg { count_include_pad: true } if !is_dilated && !pool.ceil => {
            let padded = call("F.pad", vec![at(x), at(sides(pool.pad, line))]);
            Form::only(call(&format!("F.avg_pool{dims}d"), with(padded, vec![at(kernel), stride()])))
        }
        PoolKind::Avg { count_include_pad } => {
            let pair = |sides: [u64; 2]| Val::ints(sides);
            let size = site.output.grid().map_or([1, 1], |(h, w)| [h, w]);
            let args = vec![
                at(pair(pool.kernel)),
                at(pair(pool.stride)),
                at(sides(pool.pad, false)),
                at(pair(pool.dilation)),
                at(pair(size)),
                unless("count_pad", count_include_pad, true),
            ];
            let name = if line { "line_means" } else { "window_means" };
            Form::only(call(name, with(x, args)))
        }
    }
}

/// The first rows and columns, as many as there are to be.
fn cut(site: &Site<'_>, map: Py) -> Py {
    let all = || Py::Raw(":".to_owned());
    let first = |count: u32| Py::Slice(Box::new([Val::None.into(), Py::from(u64::from(count)), Val::None.into()]));
    let items = [all(), all()].into_iter().chain(site.output.dims()[1..].iter().map(|dim| first(*dim)));
    Py::Index(Box::new(map), items.collect())
}

pub(super) fn global(site: &Site<'_>, pool: GlobalPool) -> Form {
    adapted(pool, if site.inputs[0].rank() == 2 { 1 } else { 2 }, &Val::Int(1))
}

pub(super) fn adaptive(pool: &AdaptivePool) -> Form {
    adapted(pool.kind, if pool.line { 1 } else { 2 }, &Val::pair(pool.out, pool.line))
}

fn adapted(kind: GlobalPool, dims: u8, size: &Val) -> Form {
    let (name, module) = match kind {
        GlobalPool::Max => ("F.adaptive_max_pool", "nn.AdaptiveMaxPool"),
        GlobalPool::Avg => ("F.adaptive_avg_pool", "nn.AdaptiveAvgPool"),
    };
    let expr = call(&format!("{name}{dims}d"), vec![at(Py::In(0)), at(size.clone())]);
    Form::plain(expr, call(&format!("{module}{dims}d"), vec![at(size.clone())]))
}
