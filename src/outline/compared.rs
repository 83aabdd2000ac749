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

/// `times` and `over` where numbers are others times the one over the other everywhere, and others vary.
pub(super) fn ratio(numbers: &[Option<i64>], others: &[Option<i64>]) -> Option<(i64, i64)> {
    let mut found: Option<(i64, i64)> = None;
    let mut different = BTreeSet::new();
    for (number, other) in numbers.iter().zip(others).filter(|(number, _)| number.is_some()) {
        let (number, other) = ((*number)?, (*other)?);
        if number <= 0 || other <= 0 {
            return None;
        }
        let whole = if number % other == 0 { Some((number / other, 1)) } else { None };
        let part = PARTS.into_iter().find(|part| number * part % other == 0).map(|part| (number * part / other, part));
        let own = whole.or(part)?;
        let (times, over) = *found.get_or_insert(own);
        if number * over != other * times {
            return None;
        }
        different.insert(other);
    }
    found.filter(|_| different.len() > 1)
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
