//! Sums, means, extremes and norms along axes.

use super::{Call, Folded, Why, values};
use crate::interchange::onnx::array::{Values, axis, places, strides};
use crate::interchange::onnx::number::Number;

/// `ReduceSum` and its relatives.
pub(super) fn reduce(call: Call<'_>) -> Result<Vec<Folded<'_>>, Why> {
    let input = call.input(0)?;
    let rank = input.dims.len();
    let axes = call.ints("axes", 1)?.unwrap_or_default();
    if axes.is_empty() && call.attributes.flag("noop_with_empty_axes") {
        return super::movement::identity(call);
    }
    let mut gone = vec![axes.is_empty(); rank];
    for given in axes {
        gone[axis(given, rank).ok_or_else(|| Why(format!("axis {given} of {rank}")))?] = true;
    }
    let keep = call.attributes.int_or("keepdims", 1) != 0;
    let dims = input.dims.iter().zip(&gone);
    let dims = dims.filter(|(_, gone)| keep || !**gone).map(|(dim, gone)| if *gone { 1 } else { *dim }).collect();
    let op = call.op;
    let make = move || {
        let steps = strides(&input.dims);
        let part = |of: bool| -> (Vec<usize>, Vec<isize>) {
            let chosen = (0..rank).filter(|axis| gone[*axis] == of);
            chosen.map(|axis| (input.dims[axis], steps[axis])).unzip()
        };
        let ((kept, kept_steps), (inner, inner_steps)) = (part(false), part(true));
        let starts = places(&kept, &kept_steps, 0);
        Ok(match values(input)? {
            Values::Float(all) => {
                let each = |start: usize| {
                    let within = places(&inner, &inner_steps, start as isize).map(|at| f64::from(all[at]));
                    of_floats(op, within).map(|x| x as f32)
                };
                Values::Float(starts.map(each).collect::<Result<_, _>>()?)
            }
            Values::Int(all) => {
                let each = |start: usize| of_ints(op, places(&inner, &inner_steps, start as isize).map(|at| all[at]));
                Values::Int(starts.map(each).collect::<Result<_, _>>()?)
            }
        })
    };
    Ok(vec![Folded { dims, is_int: input.is_int, make: Box::new(make) }])
}

fn of_floats(op: &str, all: impl Iterator<Item = f64>) -> Result<f64, Why> {
    Ok(match op {
        "ReduceSum" => all.sum(),
        "ReduceMean" => {
            let (sum, count) = all.fold((0.0, 0u64), |(sum, count), x| (sum + x, count + 1));
            sum / count as f64
        }
        "ReduceMax" => all.fold(f64::NEG_INFINITY, |most, x| if x > most || x.is_nan() { x } else { most }),
        "ReduceMin" => all.fold(f64::INFINITY, |least, x| if x < least || x.is_nan() { x } else { least }),
        "ReduceProd" => all.product(),
        "ReduceL1" => all.map(f64::abs).sum(),
        "ReduceL2" => all.map(|x| x * x).sum::<f64>().sqrt(),
        "ReduceSumSquare" => all.map(|x| x * x).sum(),
        "ReduceLogSum" => libm::log(all.sum()),
        "ReduceLogSumExp" => libm::log(all.map(libm::exp).sum()),
        _ => return Err(Why(format!("`{op}` is not computed"))),
    })
}

fn of_ints(op: &str, mut all: impl Iterator<Item = Number>) -> Result<Number, Why> {
    let found = match op {
        "ReduceSum" => all.try_fold(Number::from(0), Number::add),
        "ReduceProd" => all.try_fold(Number::from(1), Number::mul),
        "ReduceMax" | "ReduceMin" => {
            let wanted = if op == "ReduceMax" { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less };
            let first = all.next();
            first.and_then(|first| all.try_fold(first, |best, n| Some(if n.compare(best)? == wanted { n } else { best })))
        }
        _ => return Err(Why(format!("`{op}` of integers is not computed"))),
    };
    found.ok_or_else(|| Why(format!("`{op}` goes beyond 64 bits, or differs from batch to batch")))
}
