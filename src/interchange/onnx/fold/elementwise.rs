//! Element by element, with numpy's broadcasting.

use std::cmp::Ordering;

use super::{Call, Folded, Why, values};
use crate::interchange::onnx::array::{Array, Values, broadcast, broadcast_strides, places};
use crate::interchange::onnx::number::Number;

/// One input, one output of its dimensions.
pub(super) fn unary(call: Call<'_>) -> Result<Vec<Folded<'_>>, Why> {
    let input = call.input(0)?;
    let op = call.op;
    let make = move || {
        Ok(match values(input)? {
            Values::Float(all) => {
                let of = float_of(op).ok_or_else(|| Why(format!("`{op}` takes integers")))?;
                Values::Float(all.iter().map(|x| of(f64::from(*x)) as f32).collect())
            }
            Values::Int(all) => Values::Int(all.iter().map(|n| int_of(op, *n)).collect::<Result<_, _>>()?),
        })
    };
    Ok(vec![Folded { dims: input.dims.clone(), is_int: input.is_int, make: Box::new(make) }])
}

fn float_of(op: &str) -> Option<fn(f64) -> f64> {
    Some(match op {
        "Abs" => f64::abs,
        "Ceil" => f64::ceil,
        "Erf" => libm::erf,
        "Exp" => libm::exp,
        "Floor" => f64::floor,
        "Log" => libm::log,
        "Neg" => |x| -x,
        "Reciprocal" => |x| 1.0 / x,
        "Relu" => |x| x.max(0.0),
        "Round" => f64::round_ties_even,
        "Sigmoid" => |x| 1.0 / (1.0 + libm::exp(-x)),
        "Sign" => |x| if x == 0.0 { 0.0 } else { x.signum() },
        "Sqrt" => f64::sqrt,
        "Tanh" => libm::tanh,
        _ => return None,
    })
}

fn int_of(op: &str, n: Number) -> Result<Number, Why> {
    let zero = Number::from(0);
    let sign = || n.compare(zero).ok_or_else(|| batch(op));
    match op {
        "Neg" => zero.sub(n).ok_or_else(|| beyond(op)),
        "Ceil" | "Floor" | "Round" => Ok(n),
        "Abs" => {
            if sign()? == Ordering::Less {
                zero.sub(n).ok_or_else(|| beyond(op))
            } else {
                Ok(n)
            }
        }
        "Relu" => Ok(if sign()? == Ordering::Less { zero } else { n }),
        "Sign" => Ok(Number::from(sign()? as i64)),
        "Not" => Ok(Number::from(i64::from(sign()? == Ordering::Equal))),
        _ => Err(Why(format!("`{op}` of integers is not computed"))),
    }
}

fn batch(op: &str) -> Why {
    Why(format!("`{op}` differs from batch to batch"))
}

fn beyond(op: &str) -> Why {
    Why(format!("`{op}` goes beyond 64 bits, or differs from batch to batch"))
}

/// Whether the outputs are truth values.
fn is_predicate(op: &str) -> bool {
    matches!(op, "And" | "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Or" | "Xor")
}

/// Two inputs.
pub(super) fn binary(call: Call<'_>) -> Result<Vec<Folded<'_>>, Why> {
    Ok(vec![combined(call.op, call.attributes.flag("fmod"), [call.input(0)?, call.input(1)?])?])
}

fn combined<'a>(op: &'a str, fmod: bool, [a, b]: [&'a Array; 2]) -> Result<Folded<'a>, Why> {
    let dims = together(&a.dims, &b.dims)?;
    let is_int = is_predicate(op) || (a.is_int && b.is_int);
    let to = dims.clone();
    let make = move || apply(op, fmod, &to, [(a, values(a)?), (b, values(b)?)]);
    Ok(Folded { dims, is_int, make: Box::new(make) })
}

fn together(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Why> {
    broadcast(a, b).ok_or_else(|| Why(format!("{a:?} and {b:?} do not go together")))
}

/// Places of an array's elements, broadcast to dimensions.
fn spread(array: &Array, to: &[usize]) -> impl Iterator<Item = usize> + use<> {
    places(to, &broadcast_strides(&array.dims, to), 0)
}

fn apply(op: &str, fmod: bool, dims: &[usize], [a, b]: [(&Array, &Values); 2]) -> Result<Values, Why> {
    let at = |array: &Array| spread(array, dims);
    let pairs = at(a.0).zip(at(b.0));
    if let (Values::Int(x), Values::Int(y)) = (a.1, b.1) {
        return Ok(Values::Int(pairs.map(|(i, j)| ints(op, fmod, x[i], y[j])).collect::<Result<_, _>>()?));
    }
    let floats = |values: &Values| values.floats().ok_or_else(|| batch(op));
    let (x, y) = (floats(a.1)?, floats(b.1)?);
    if is_predicate(op) {
        return Ok(Values::Int(
            pairs.map(|(i, j)| Ok(predicate(op, x[i].partial_cmp(&y[j]))?.into())).collect::<Result<_, Why>>()?,
        ));
    }
    let of = |x: f64, y: f64| {
        Ok(match op {
            "Add" => x + y,
            "Sub" => x - y,
            "Mul" => x * y,
            "Div" => x / y,
            "Pow" => libm::pow(x, y),
            "Max" => {
                if x.is_nan() || x > y {
                    x
                } else {
                    y
                }
            }
            "Min" => {
                if x.is_nan() || x < y {
                    x
                } else {
                    y
                }
            }
            "Mod" => x % y,
            _ => return Err(Why(format!("`{op}` of numbers is not computed"))),
        })
    };
    Ok(Values::Float(pairs.map(|(i, j)| Ok(of(x[i].into(), y[j].into())? as f32)).collect::<Result<_, Why>>()?))
}

fn predicate(op: &str, order: Option<Ordering>) -> Result<i64, Why> {
    Ok(i64::from(match op {
        "Equal" => order == Some(Ordering::Equal),
        "Greater" => order == Some(Ordering::Greater),
        "GreaterOrEqual" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        "Less" => order == Some(Ordering::Less),
        "LessOrEqual" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        _ => return Err(Why(format!("`{op}` takes truth values"))),
    }))
}

fn ints(op: &str, fmod: bool, x: Number, y: Number) -> Result<Number, Why> {
    let order = || x.compare(y).ok_or_else(|| batch(op));
    let is_true = |n: Number| n.known().map(|n| n != 0).ok_or_else(|| batch(op));
    let truth = |value: bool| Ok(Number::from(i64::from(value)));
    let found = match op {
        "Add" => x.add(y),
        "Sub" => x.sub(y),
        "Mul" => x.mul(y),
        "Div" => x.div(y),
        "Mod" => remainder(fmod, x, y),
        "Pow" => x.known().zip(y.known()).and_then(|(x, y)| x.checked_pow(u32::try_from(y).ok()?)).map(Number::from),
        "Max" => return Ok(if order()? == Ordering::Less { y } else { x }),
        "Min" => return Ok(if order()? == Ordering::Less { x } else { y }),
        "And" => return truth(is_true(x)? && is_true(y)?),
        "Or" => return truth(is_true(x)? || is_true(y)?),
        "Xor" => return truth(is_true(x)? != is_true(y)?),
        _ => return Ok(Number::from(predicate(op, Some(order()?))?)),
    };
    found.ok_or_else(|| beyond(op))
}

/// With the sign of the divisor, or with `fmod` that of the dividend.
fn remainder(fmod: bool, x: Number, y: Number) -> Option<Number> {
    let (x, y) = (x.known()?, y.known()?);
    let rest = x.checked_rem(y)?;
    let turned = !fmod && rest != 0 && (rest < 0) != (y < 0);
    Some(Number::from(if turned { rest + y } else { rest }))
}

/// Any number of inputs: the largest, the smallest, the sum, the mean.
pub(super) fn variadic(call: Call<'_>) -> Result<Vec<Folded<'_>>, Why> {
    let inputs = (0..call.inputs.len()).map(|at| call.input(at)).collect::<Result<Vec<_>, _>>()?;
    let first = call.input(0)?;
    let dims = inputs.iter().try_fold(first.dims.clone(), |dims, input| together(&dims, &input.dims))?;
    let is_int = inputs.iter().all(|input| input.is_int) && call.op != "Mean";
    let op = if matches!(call.op, "Sum" | "Mean") { "Add" } else { call.op };
    let (to, is_mean) = (dims.clone(), call.op == "Mean");
    let make = move || {
        let mut sum = first.clone();
        for input in &inputs[1..] {
            let dims = together(&sum.dims, &input.dims)?;
            sum = Array::of(dims.clone(), apply(op, false, &dims, [(&sum, values(&sum)?), (*input, values(input)?)])?);
        }
        let all = values(&sum)?.pick(places(&to, &broadcast_strides(&sum.dims, &to), 0));
        match all {
            Values::Float(all) if is_mean => Ok(Values::Float(all.iter().map(|x| x / inputs.len() as f32).collect())),
            all @ (Values::Float(_) | Values::Int(_)) => Ok(all),
        }
    };
    Ok(vec![Folded { dims, is_int, make: Box::new(make) }])
}

/// `Where`: the second input where the first is true, else the third.
pub(super) fn choose(call: Call<'_>) -> Result<Vec<Folded<'_>>, Why> {
    let [which, yes, no] = [call.input(0)?, call.input(1)?, call.input(2)?];
    let dims = together(&together(&which.dims, &yes.dims)?, &no.dims)?;
    let to = dims.clone();
    let make = move || {
        let at = |array: &Array| spread(array, &to);
        let Values::Int(truth) = values(which)? else { return Err(Why::from("`Where` takes truth values")) };
        let truth =
            truth.iter().map(|n| n.known().map(|n| n != 0).ok_or_else(|| batch("Where"))).collect::<Result<Vec<_>, _>>()?;
        let chosen = at(which).zip(at(yes).zip(at(no)));
        Ok(match (values(yes)?, values(no)?) {
            (Values::Int(yes), Values::Int(no)) => {
                Values::Int(chosen.map(|(w, (i, j))| if truth[w] { yes[i] } else { no[j] }).collect())
            }
            (yes, no) => {
                let floats = |values: &Values| values.floats().ok_or_else(|| batch("Where"));
                let (yes, no) = (floats(yes)?, floats(no)?);
                Values::Float(chosen.map(|(w, (i, j))| if truth[w] { yes[i] } else { no[j] }).collect())
            }
        })
    };
    Ok(vec![Folded { dims, is_int: yes.is_int && no.is_int, make: Box::new(make) }])
}

/// `Cast`: fractions are cut off towards zero.
pub(super) fn cast(call: Call<'_>) -> Result<Vec<Folded<'_>>, Why> {
    let input = call.input(0)?;
    let to = call.attributes.int("to");
    let is_int = match (to, call.optional(1)) {
        (Some(to), _) => !matches!(to, 1 | 10 | 11 | 16),
        (None, Some(like)) => like.is_int,
        (None, None) => return Err(Why::from("it does not say to which type")),
    };
    let is_bool = to == Some(9);
    let make = move || {
        Ok(match values(input)? {
            Values::Float(all) if is_bool => Values::Int(all.iter().map(|x| i64::from(*x != 0.0).into()).collect()),
            Values::Float(all) if is_int => Values::Int(all.iter().map(|x| (*x as i64).into()).collect()),
            Values::Int(all) if is_bool => {
                let truth = |n: &Number| n.compare(0.into()).map(|order| i64::from(order != Ordering::Equal).into());
                Values::Int(all.iter().map(truth).collect::<Option<_>>().ok_or_else(|| batch("Cast"))?)
            }
            // Sizes are cast to numbers with a fraction and back again; that of a batch stays what it is.
            whole @ Values::Int(all) if !is_int => match whole.floats() {
                Some(floats) => Values::Float(floats),
                None => Values::Int(all.clone()),
            },
            same @ (Values::Float(_) | Values::Int(_)) => same.clone(),
        })
    };
    Ok(vec![Folded { dims: input.dims.clone(), is_int, make: Box::new(make) }])
}

/// `Clip` between two numbers, each of which may be missing.
pub(super) fn clip(call: Call<'_>) -> Result<Vec<Folded<'_>>, Why> {
    let input = call.input(0)?;
    let bound = move |name: &str, at: usize| call.attributes.float(name).or_else(|| call.optional(at)?.scalar());
    let make = move || {
        let (low, high) = (bound("min", 1), bound("max", 2));
        let clip = |x: f32| {
            let x = low.map_or(x, |low| if x < low { low } else { x });
            high.map_or(x, |high| if x > high { high } else { x })
        };
        let all = values(input)?.floats().ok_or_else(|| batch("Clip"))?;
        Ok(if input.is_int {
            Values::Int(all.into_iter().map(|x| (clip(x) as i64).into()).collect())
        } else {
            Values::Float(all.into_iter().map(clip).collect())
        })
    };
    Ok(vec![Folded { dims: input.dims.clone(), is_int: input.is_int, make: Box::new(make) }])
}
