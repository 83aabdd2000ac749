//! Values of one argument in the scopes of a class, compared.
//!
//! In: a value for each scope, `None` where the scope takes a detour past it. Out: what they have in common, with one another and
//! with those of other arguments.

use std::collections::{BTreeSet, HashMap};

use crate::op::args::ArgValue;

/// What channels are divided by.
const PARTS: [i64; 9] = [2, 3, 4, 6, 8, 12, 16, 32, 64];

/// A whole number.
pub(super) fn int(value: &ArgValue) -> Option<i64> {
    if let ArgValue::Int(n) = value { Some(*n) } else { None }
}

/// The one value that is there.
pub(super) fn constant(values: &[Option<ArgValue>]) -> Option<ArgValue> {
    let mut all = values.iter().flatten();
    let first = all.next()?;
    all.all(|value| value == first).then(|| first.clone())
}

/// Whether the values that both have are the same, and none is missing in the second that the first has.
pub(super) fn agree(values: &[Option<ArgValue>], others: &[Option<ArgValue>]) -> bool {
    values.iter().zip(others).all(|(one, other)| one.is_none() || one == other)
}

pub(super) fn is_made(values: &[Option<ArgValue>], made: &[Option<i64>]) -> bool {
    values.iter().zip(made).all(|(value, made)| value.is_none() || value.as_ref().and_then(int) == *made)
}

/// `times` and `over` where the first numbers are the second ones times the one over the other everywhere; all are above 0.
pub(crate) fn quotient(pairs: &[(i64, i64)]) -> Option<(i64, i64)> {
    let (one, other) = *pairs.first()?;
    if pairs.iter().any(|(one, other)| *one <= 0 || *other <= 0) {
        return None;
    }
    let fits = |(times, over): &(i64, i64)| pairs.iter().all(|(one, other)| one.checked_mul(*over) == other.checked_mul(*times));
    let whole = (one % other == 0).then(|| (one / other, 1));
    let part = |part: i64| one.checked_mul(part).filter(|product| product % other == 0).map(|product| (product / other, part));
    whole.into_iter().chain(PARTS.into_iter().filter_map(part)).find(fits)
}

/// The quotient of numbers and others, where others vary.
pub(super) fn ratio(numbers: &[Option<i64>], others: &[Option<i64>]) -> Option<(i64, i64)> {
    let known = numbers.iter().zip(others).filter(|(number, _)| number.is_some());
    let pairs: Vec<(i64, i64)> = known.map(|(number, other)| number.zip(*other)).collect::<Option<_>>()?;
    let different: BTreeSet<i64> = pairs.iter().map(|(_, other)| *other).collect();
    quotient(&pairs).filter(|_| different.len() > 1)
}

/// The value that most have; of several the first.
pub(super) fn most_common(values: &[Option<ArgValue>]) -> ArgValue {
    // By text, since numbers with fractions have no hash: a network may have thousands of values.
    let mut counts: HashMap<String, (usize, usize)> = HashMap::new();
    for (at, value) in values.iter().enumerate().filter(|(_, value)| value.is_some()) {
        counts.entry(format!("{value:?}")).or_insert((0, at)).0 += 1;
    }
    let best = counts.into_values().max_by_key(|(count, at)| (*count, std::cmp::Reverse(*at)));
    best.and_then(|(_, at)| values[at].clone()).unwrap_or(ArgValue::Int(1))
}
