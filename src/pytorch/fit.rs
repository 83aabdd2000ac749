//! What a class is told, and what its arguments are by that.
//!
//! In: values, one for each use of a class. Out: an expression that has them in every use: a number where they are one,
//! otherwise a parameter of the constructor or what follows from one. What follows from nothing becomes a parameter of its own,
//! so that the uses of a class always agree with it; nothing is taken for granted that was not compared in every use.

use super::python::{Kind, Val, identifier};
use crate::outline::quotient;

/// A parameter of a constructor.
#[derive(Debug, Clone)]
pub(super) struct Param {
    pub name: String,
    pub default: Option<Val>,
    /// What it is in each use.
    pub values: Vec<Val>,
    pub kind: Kind,
    /// Whether it is none of the block's, but stands for what follows from nothing else.
    pub is_extra: bool,
    pub is_used: bool,
    /// Whether the object keeps it, for `forward` needs it.
    pub is_kept: bool,
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Init,
    Forward,
}

/// A value in each use; `None` where the class has no such thing there.
pub(super) type Values = Vec<Option<Val>>;

/// The parameters of a class.
#[derive(Debug, Default)]
pub(super) struct Params {
    pub all: Vec<Param>,
}

/// The words of the language for the arguments of modules.
const WORDS: [(&str, &str); 5] = [
    ("padding", "pad"),
    ("count_include_pad", "count_include_pad"),
    ("eps", "eps"),
    ("stride", "stride"),
    ("dilation", "dilation"),
];

impl Params {
    /// What these values are.
    pub(super) fn fit(&mut self, values: &Values, kind: Kind, place: Place, name: &str) -> String {
        if let Some(value) = same(values) {
            return value.to_string();
        }
        if let Some((at, times, over)) = self.known(values, kind, name) {
            return self.said(at, (times, over), place);
        }
        let default = None;
        let own: Vec<Val> = values.iter().map(|value| value.clone().unwrap_or(Val::None)).collect();
        let some = values.iter().flatten().next().cloned().unwrap_or(Val::None);
        let values = own.into_iter().map(|value| if value == Val::None { some.clone() } else { value }).collect();
        let name = self.free(&identifier(name));
        self.all.push(Param { name, default, values, kind, is_used: true, is_extra: true, is_kept: false });
        self.said(self.all.len() - 1, (1, 1), place)
    }

    /// Whether these follow from what there is.
    pub(super) fn follows(&self, values: &Values, kind: Kind, name: &str) -> bool {
        same(values).is_some() || self.known(values, kind, name).is_some()
    }

    /// A name that no parameter has.
    fn free(&self, name: &str) -> String {
        let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}_{n}")));
        names.find(|name| self.all.iter().all(|param| param.name != *name)).unwrap_or_default()
    }

    /// A parameter, the factor and the divisor.
    fn known(&self, values: &Values, kind: Kind, name: &str) -> Option<(usize, i64, i64)> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let word = WORDS.iter().find(|(own, _)| last == *own).map_or(last, |(_, word)| word);
        let agrees =
            |param: &&Param| values.iter().zip(&param.values).all(|(one, own)| one.as_ref().is_none_or(|one| one == own));
        let whole = |found: Option<usize>| found.map(|at| (at, 1, 1));
        let position = |fits: &dyn Fn(&Param) -> bool| self.all.iter().position(|param| fits(param) && agrees(&param));
        let same_kind = position(&|param| param.kind == kind);
        let ratios = || {
            let of = |(at, param): (usize, &Param)| ratio(values, &param.values).map(|(times, over)| (at, times, over));
            self.all.iter().enumerate().filter(|(_, param)| param.kind == Kind::Channels).find_map(of)
        };
        let halves = || {
            let half = |param: &Param| {
                values.iter().zip(&param.values).all(|(one, own)| match (one, own) {
                    (Some(Val::Int(one)), Val::Int(own)) => *one == own / 2,
                    (None, _) => true,
                    (Some(_), _) => false,
                })
            };
            self.all.iter().position(|param| param.name.starts_with('k') && half(param)).map(|at| (at, 1, 2))
        };
        whole(position(&|param| param.name == word))
            .or_else(|| whole(same_kind))
            .or_else(|| if kind == Kind::Channels { ratios() } else { None })
            .or_else(|| if word == "pad" { halves() } else { None })
            .or_else(|| whole(position(&|_| true)))
    }

    /// A parameter times the one over the other as it is said at a place.
    fn said(&mut self, at: usize, (times, over): (i64, i64), place: Place) -> String {
        let param = &mut self.all[at];
        param.is_used = true;
        param.is_kept |= place == Place::Forward;
        let name = if place == Place::Forward { format!("self.{}", param.name) } else { param.name.clone() };
        let times = if times == 1 { String::new() } else { format!(" * {times}") };
        let over = if over == 1 { String::new() } else { format!(" // {over}") };
        format!("{name}{times}{over}")
    }
}

/// The one value that is there.
pub(super) fn same(values: &Values) -> Option<&Val> {
    let mut all = values.iter().flatten();
    let first = all.next()?;
    all.all(|value| value == first).then_some(first)
}

/// `times` and `over` where numbers are others times the one over the other everywhere.
fn ratio(values: &Values, others: &[Val]) -> Option<(i64, i64)> {
    let int = |value: &Val| if let Val::Int(n) = value { Some(*n) } else { None };
    let known = values.iter().zip(others).filter_map(|(one, other)| Some((one.as_ref()?, other)));
    quotient(&known.map(|(one, other)| int(one).zip(int(other))).collect::<Option<Vec<_>>>()?)
}

/// A row of numbers, one for each turn of a loop, as it follows from the turn: what it begins with, and what each turn adds.
pub(super) fn steps(row: &[Val], fewest: usize) -> Option<(i64, i64)> {
    let ints: Option<Vec<i64>> = row.iter().map(|value| if let Val::Int(n) = value { Some(*n) } else { None }).collect();
    let ints = ints.filter(|ints| ints.len() >= fewest)?;
    let step = ints[1] - ints[0];
    (step != 0 && ints.windows(2).all(|pair| pair[1] - pair[0] == step)).then_some((ints[0], step))
}
