//! What became of each layer: its form, what differs, what was inserted for it and what it took up.
//!
//! In: two networks with their correspondence, and what is known besides. Out: a [`ChangedLayer`] for each layer that is not
//! what it was, in order of execution. What only moved is no change.

use std::collections::BTreeMap;

use super::blocks::Sides;
use super::difference::differences;
use super::network::Row;
use super::savings::{ChangedLayer, Cost, Extras};
use crate::digits::counted;
use crate::graph::print::call;
use crate::op::form::{Form, Kind, Scale, Taps};
use crate::op::{Conv, Op};

/// What is said of a layer that is called otherwise and is the same.
pub(super) const RENAMED: &str = "renamed";

/// A layer before with all that stands for it after.
#[derive(Default)]
struct Piece<'a> {
    old: Option<&'a Row<'a>>,
    /// Itself and what was inserted for it, in order of execution.
    rows: Vec<&'a Row<'a>>,
    /// What it took up, with what happened.
    guests: Vec<(&'a Row<'a>, &'static str)>,
}

/// Where a piece stands: at its layer before; what was added, before the layer that is executed next.
type Place = (usize, usize);

/// What changed.
pub(super) fn changes(sides: &Sides<'_>, extras: &Extras) -> Vec<ChangedLayer> {
    let mut pieces: BTreeMap<Place, Piece<'_>> = BTreeMap::new();
    for (at, row) in sides.before.layers.iter().enumerate() {
        match sides.host(row) {
            Some((host, how)) => pieces.entry((host, usize::MAX)).or_default().guests.push((row, how)),
            None => pieces.entry((at, usize::MAX)).or_default().old = Some(row),
        }
    }
    for ((at, row), next) in sides.after.layers.iter().enumerate().zip(sides.upcoming()) {
        let place = sides.base(row).map_or((next, at), |base| (base, usize::MAX));
        pieces.entry(place).or_default().rows.push(row);
    }
    pieces.into_values().filter(|piece| piece.differs(sides)).map(|piece| piece.change(sides, extras)).collect()
}

impl<'a> Piece<'a> {
    /// Whether the layer's own numbers changed, or something was inserted or taken up.
    fn differs(&self, sides: &Sides<'_>) -> bool {
        let (Some(old), [only], []) = (self.old, &self.rows[..], &self.guests[..]) else { return true };
        only.name != old.name
            || (only.params, only.macs, &only.output) != (old.params, old.macs, &old.output)
            || sides.old_op(old) != sides.new_op(only)
    }

    /// What the layer itself is now.
    fn twin(&self, sides: &Sides<'_>) -> Option<&'a Row<'a>> {
        let twin = sides.twin(self.old?)?;
        self.rows.iter().find(|row| row.name == twin).copied()
    }

    fn change(&self, sides: &Sides<'_>, extras: &Extras) -> ChangedLayer {
        let (mut before, mut after) = (Cost::default(), Cost::default());
        self.old.into_iter().chain(self.guests.iter().map(|(row, _)| *row)).for_each(|row| before.add(row));
        self.rows.iter().for_each(|row| after.add(row));
        let first = self.old.or(self.rows.first().copied());
        let layer = first.map_or("", |row| row.name);
        let twin = self.twin(sides);
        let own = twin.map_or(layer, |row| row.name);
        let inserted: Vec<String> = match self.old {
            Some(_) => self.rows.iter().filter(|row| row.name != own).map(|row| row.name.to_owned()).collect(),
            None => Vec::new(),
        };
        let form = self.form(sides, extras, inserted.len());
        let changed = self.clauses(sides, extras, form.is_none().then_some(inserted.len()));
        let scaled = twin.filter(|_| form.is_none() && extras.scaled.contains(layer));
        let channels = || scaled.map(|row| row.output.0.channels()).into_iter().collect();
        let word = || if scaled.is_some() { Scale::NAME } else { self.word(&changed) };
        ChangedLayer {
            layer: layer.to_owned(),
            block: first.and_then(|row| row.block).map(str::to_owned),
            form: form.map_or_else(word, |form| form.kind().name()).to_owned(),
            channels: form.map_or_else(channels, Form::ranks),
            changed,
            inserted,
            before,
            after,
            absorbed: self.guests.iter().map(|(row, _)| row.name.to_owned()).collect(),
            renamed: twin.map(|row| row.name).filter(|name| *name != layer).map(str::to_owned),
            error: extras.errors.get(layer).copied(),
        }
    }

    /// What became of a layer that has no form.
    fn word(&self, clauses: &[String]) -> &'static str {
        match (self.old, &self.rows[..]) {
            (None, _) => "added",
            (Some(_), []) => "removed",
            (Some(old), [only]) if only.name != old.name && clauses.len() == 1 => RENAMED,
            (Some(_), _) => "changed",
        }
    }

    /// The form that replaced the layer: known, or told by the convolutions that stand for it.
    fn form(&self, sides: &Sides<'_>, extras: &Extras, inserted: usize) -> Option<Form> {
        let old = self.old.filter(|_| inserted > 0)?;
        let told = || {
            let convs = self.rows.iter().map(|row| sides.new_op(row)).filter(|op| op.is_layer());
            recognised(sides.old_op(old), &convs.collect::<Vec<_>>())
        };
        extras.forms.get(old.name).copied().or_else(told)
    }

    /// What changed, a clause each; a form says itself what was inserted.
    fn clauses(&self, sides: &Sides<'_>, extras: &Extras, inserted: Option<usize>) -> Vec<String> {
        let mut all = Vec::new();
        match (self.old, self.twin(sides)) {
            (Some(old), Some(new)) => {
                if inserted.is_some() {
                    all.extend(differences((sides.old_op(old), old), (sides.new_op(new), new)));
                }
            }
            (None, _) => all.extend(self.rows.iter().map(|row| call(sides.new_op(row)))),
            (Some(old), None) if self.rows.is_empty() => {
                all.push(extras.reasons.get(old.name).cloned().unwrap_or_else(|| call(sides.old_op(old))));
            }
            (Some(_), None) => {}
        }
        all.extend(inserted.filter(|n| *n > 0).map(|n| format!("{} inserted", counted(n, "layer"))));
        all.extend(self.guests.iter().map(|(row, how)| format!("`{}` {how}", row.name)));
        let renamed = self.old.zip(self.twin(sides)).filter(|(old, new)| old.name != new.name);
        all.extend(renamed.map(|(_, new)| format!("called `{}`", new.name)));
        all
    }
}

/// The form that convolutions (or linear layers) have which stand for one, biases and what is between them aside.
fn recognised(old: &Op, parts: &[&Op]) -> Option<Form> {
    let (ranks, width) = (parts.split_last()?.1.iter().map(|op| out(op)).collect::<Option<Vec<_>>>()?, out(old)?);
    let forms = Kind::ALL.into_iter().filter_map(|kind| Form::new(kind, &ranks));
    let fits = |form: &Form| {
        let stages = form.stages(0, width);
        stages.len() == parts.len()
            && stages.iter().zip(parts).all(|(stage, op)| out(op) == Some(stage.to) && taps(old, op, stage.taps))
    };
    forms.into_iter().find(fits)
}

fn out(op: &Op) -> Option<u64> {
    if let Op::Conv(conv) = op {
        Some(conv.out).filter(|_| conv.groups == 1)
    } else if let Op::Linear(linear) = op {
        Some(linear.out)
    } else {
        None
    }
}

/// Whether an operation has these taps of another one.
fn taps(old: &Op, part: &Op, taps: Taps) -> bool {
    let (Op::Conv(Conv { kernel: [h, w], .. }), Op::Conv(Conv { kernel, .. })) = (old, part) else {
        // A linear layer has one tap, which is all of them.
        return matches!((old, part), (Op::Linear(_), Op::Linear(_))) && matches!(taps, Taps::Point | Taps::Whole);
    };
    let dense = [*h, *w] != [1, 1];
    match taps {
        Taps::Point => *kernel == [1, 1],
        Taps::Whole => kernel == &[*h, *w],
        Taps::Column => dense && *kernel == [*h, 1],
        Taps::Row => dense && *kernel == [1, *w],
    }
}
