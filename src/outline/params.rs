//! The numbers in which the scopes of a class differ, as parameters of its block.
//!
//! In: classes. Out: for each the parameters of its block, and what every argument in it is by them. A number that is the same
//! in all scopes stands in the block; one that follows from the channels of the input or from another parameter is written so;
//! numbers that are equal in every scope are one parameter.

use std::collections::{BTreeMap, BTreeSet};

use super::classes::{Class, ClassId, Classes, Kind, Pattern, Ref};
use super::compared::{agree, constant, int, is_made, most_common, ratio};
use super::names::{free, identifier};
use super::units::Member;
use crate::graph::NodeId;
use crate::op::args::ArgValue;
use crate::op::{Op, table};
use crate::shape::Shaped;

/// What an argument is.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Itself.
    Value(ArgValue),
    /// `of * times // over`.
    Of {
        /// What it is computed from.
        of: Quantity,
        /// The factor.
        times: i64,
        /// The divisor.
        over: i64,
    },
    /// A list of such.
    List(Vec<Expr>),
}

/// What an argument is computed from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// A parameter of the block, which is whole where it is multiplied or divided.
    Param(usize),
    /// The channels of a map.
    Channels(Ref),
}

impl Expr {
    fn times(of: Quantity, times: i64) -> Self {
        Self::Of { of, times, over: 1 }
    }

    fn param(at: usize) -> Self {
        Self::times(Quantity::Param(at), 1)
    }
}

/// When a detour is taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Where this is true.
    Flag(Expr),
    /// Where the block keeps its input's shape: the stride, if one is said, is 1, and the channels, if they are said, are those
    /// of the map.
    Keeps {
        /// The stride.
        stride: Option<Expr>,
        /// The map, and the channels that the block makes.
        channels: Option<(Ref, Expr)>,
    },
    /// Where it does not.
    Changes {
        /// The stride.
        stride: Option<Expr>,
        /// The map, and the channels that the block makes.
        channels: Option<(Ref, Expr)>,
    },
}

/// A parameter of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// What it is where a use does not say it.
    pub default: Option<ArgValue>,
}

/// A parameter with what it is in each scope of the class.
#[derive(Debug, Clone)]
pub(super) struct Varied {
    pub param: Param,
    /// The argument that it was first found at.
    role: &'static str,
    /// `None` where it stands in a detour that is not taken.
    pub values: Vec<Option<ArgValue>>,
    /// What it is in most of them.
    common: ArgValue,
}

impl Varied {
    fn names(all: &[Self]) -> Vec<&str> {
        all.iter().map(|param| param.param.name.as_str()).collect()
    }
}

/// The parameters and arguments of a class.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    pub params: Vec<Varied>,
    /// Arguments of each step: of a layer those that are not written as they are, of a scope those of its block's parameters.
    pub args: Vec<Vec<(&'static str, Expr)>>,
    /// When each detour is taken.
    pub conditions: Vec<Condition>,
}

/// The word for channels that an operation makes.
const OUT: &str = "out";
const STRIDE: &str = "stride";
/// Arguments that count channels.
const CHANNELS: [&str; 4] = [OUT, "groups", "start", "end"];

/// The numbers of all classes.
pub(super) fn numbers(shaped: &Shaped, classes: &Classes) -> BTreeMap<ClassId, Numbers> {
    let mut known = BTreeMap::new();
    visit(shaped, classes, classes.root(), &mut known);
    known
}

/// A class after those in it.
fn visit(shaped: &Shaped, classes: &Classes, id: ClassId, known: &mut BTreeMap<ClassId, Numbers>) {
    if known.contains_key(&id) {
        return;
    }
    for step in &classes.get(id).pattern.steps {
        if let Kind::Unit(inner) = step.kind {
            visit(shaped, classes, inner, known);
        }
    }
    let own = Reader { shaped, classes, class: classes.get(id), known }.read();
    known.insert(id, own);
}

struct Reader<'a> {
    shaped: &'a Shaped,
    classes: &'a Classes,
    class: &'a Class,
    known: &'a BTreeMap<ClassId, Numbers>,
}

/// An argument with what it is in each scope.
struct Slot {
    step: usize,
    name: &'static str,
    /// What a parameter for it would be called.
    label: String,
    values: Vec<Option<ArgValue>>,
    /// What it is where no scope says it.
    default: Option<ArgValue>,
    /// Whether it stands in every call though it be the same, for in some scopes alone it is what it would be without.
    stands: bool,
}

/// Whether an operation's call says an argument.
fn is_printed(op: &Op, argument: &str) -> bool {
    table::printed_args(op).iter().any(|(name, _)| *name == argument)
}

impl Reader<'_> {
    fn read(&self) -> Numbers {
        let steps = self.class.pattern.steps.len();
        let mut numbers = Numbers::default();
        let mut placed: Vec<Vec<(usize, &'static str, Expr)>> = vec![Vec::new(); steps];
        let slots: Vec<Slot> = (0..steps).flat_map(|step| self.slots(step)).collect();
        let made = self.channels(|instance| self.result(instance));
        let widths = Self::widths(&slots, &made);
        // Channels come first, for others follow from them, and of both what every scope says: arguments in detours may be the
        // same.
        let mut order: Vec<(usize, Slot)> = slots.into_iter().enumerate().collect();
        order.sort_by_key(|(_, slot)| (slot.name != OUT, !slot.values.iter().all(Option::is_some)));
        for (place, slot) in order {
            let is_call = matches!(self.class.pattern.steps[slot.step].kind, Kind::Unit(_));
            let same = if slot.values.iter().all(Option::is_none) { slot.default.clone() } else { constant(&slot.values) };
            if let Some(value) = same {
                if is_call || slot.stands {
                    placed[slot.step].push((place, slot.name, Expr::Value(value)));
                }
                continue;
            }
            let known = self.derived(&slot, &numbers.params);
            let (step, role) = (slot.step, slot.name);
            let expr = known.unwrap_or_else(|| {
                let name = self.name(&slot, &numbers.params, &made, widths);
                // Where nothing strides, the stride is 1, so that conditions can ask for it.
                let fill = |value: Option<ArgValue>| if role == STRIDE { value.or(Some(ArgValue::Int(1))) } else { value };
                let values: Vec<_> = slot.values.into_iter().map(fill).collect();
                let common = most_common(&values);
                let default = (role != OUT).then(|| common.clone());
                numbers.params.push(Varied { param: Param { name, default }, role, values, common });
                Expr::param(numbers.params.len() - 1)
            });
            placed[step].push((place, role, expr));
        }
        for args in placed {
            let mut args = args;
            args.sort_by_key(|(place, ..)| *place);
            numbers.args.push(args.into_iter().map(|(_, name, expr)| (name, expr)).collect());
        }
        for detour in 0..self.class.detours.len() {
            let condition = self.condition(detour, &mut numbers.params, &made);
            numbers.conditions.push(condition);
        }
        numbers
    }

    /// The arguments of a step.
    fn slots(&self, step: usize) -> Vec<Slot> {
        let members: Vec<Option<Member>> = self.class.instances.iter().map(|instance| instance.steps[step]).collect();
        match self.class.pattern.steps[step].kind {
            Kind::Layer(_) => {
                let args = members.iter().map(|member| match member {
                    Some(Member::Layer(layer)) => Some(table::all_args(&self.shaped.graph().node(*layer).op)),
                    Some(Member::Unit(_)) | None => None,
                });
                let args: Vec<_> = args.collect();
                let stands = |name: &str| {
                    let is_printed = |member: &Option<Member>| match member {
                        Some(Member::Layer(layer)) => Some(is_printed(&self.shaped.graph().node(*layer).op, name)),
                        Some(Member::Unit(_)) | None => None,
                    };
                    let mut printed = members.iter().filter_map(is_printed);
                    let first = printed.next();
                    printed.any(|is_printed| Some(is_printed) != first)
                };
                let first = args.iter().flatten().next().cloned().unwrap_or_default();
                let value = |of: &Option<Vec<(&'static str, Option<ArgValue>)>>, at: usize| of.as_ref()?[at].1.clone();
                let slot = |at: usize, name: &'static str| Slot {
                    step,
                    name,
                    label: name.to_owned(),
                    values: args.iter().map(|of| value(of, at)).collect(),
                    default: None,
                    stands: stands(name),
                };
                let given = first.iter().enumerate().filter(|(_, (_, value))| value.is_some());
                given.map(|(at, (name, _))| slot(at, name)).collect()
            }
            Kind::Unit(inner) => {
                let place = |member: &Option<Member>| match member {
                    Some(Member::Unit(unit)) => Some(self.classes.of[unit].1),
                    Some(Member::Layer(_)) | None => None,
                };
                let places: Vec<Option<usize>> = members.iter().map(place).collect();
                let slot = |param: &Varied| {
                    let values = places.iter().map(|place| param.values[(*place)?].clone()).collect();
                    // What is no argument of a layer has no other name than the parameter's.
                    let label = if param.role.is_empty() { &param.param.name } else { param.role };
                    let (label, default) = (label.to_owned(), Some(param.common.clone()));
                    Slot { step, name: param.role, label, values, default, stands: false }
                };
                self.known[&inner].params.iter().map(slot).collect()
            }
        }
    }

    /// The layer whose result a scope returns.
    fn result(&self, instance: usize) -> Option<NodeId> {
        self.source(self.class.pattern.result?, instance)
    }

    /// The layer that a map of a scope comes from.
    fn source(&self, from: Ref, instance: usize) -> Option<NodeId> {
        let own = &self.class.instances[instance];
        match from {
            Ref::Input(at) => Some(own.inputs[at]),
            Ref::Step(step) => match own.steps[step] {
                Some(Member::Layer(layer)) => Some(layer),
                Some(Member::Unit(unit)) => {
                    let (class, at) = self.classes.of[&unit];
                    let inner = Reader { class: self.classes.get(class), ..*self };
                    inner.result(at)
                }
                None => {
                    let detour = self.class.detours.iter().find(|detour| detour.steps.contains(&step))?;
                    self.source(detour.past, instance)
                }
            },
        }
    }

    /// The channels of a map in each scope.
    fn channels(&self, of: impl Fn(usize) -> Option<NodeId>) -> Vec<Option<i64>> {
        let channels = |at: usize| Some(self.shaped.shape(of(at)?).dim(0) as i64);
        (0..self.class.instances.len()).map(channels).collect()
    }

    /// What an argument is by the input's channels or by parameters before it.
    fn derived(&self, slot: &Slot, params: &[Varied]) -> Option<Expr> {
        let same = |param: &Varied| agree(&slot.values, &param.values) && (param.role == OUT) == (slot.name == OUT);
        let ints: Vec<Option<i64>> = slot.values.iter().map(|value| value.as_ref().and_then(int)).collect();
        let is_int = slot.values.iter().zip(&ints).all(|(value, int)| value.is_none() || int.is_some());
        if CHANNELS.contains(&slot.name) && is_int && self.class.pattern.inputs > 0 {
            let taken = self.channels(|at| self.source(Ref::Input(0), at));
            if let Some((times, over)) = ratio(&ints, &taken) {
                return Some(Expr::Of { of: Quantity::Channels(Ref::Input(0)), times, over });
            }
        }
        if let Some(at) = params.iter().position(same) {
            return Some(Expr::param(at));
        }
        if !is_int {
            return self.listed(slot, params);
        }
        let values = |param: &Varied| -> Vec<Option<i64>> { param.values.iter().map(|v| v.as_ref().and_then(int)).collect() };
        if CHANNELS.contains(&slot.name) {
            let outs = params.iter().enumerate().filter(|(_, param)| param.role == OUT);
            let fitting = |param: &Varied| ratio(&ints, &values(param)).filter(|_| Self::is_said(&slot.values, param));
            let mut found = outs.filter_map(|(at, param)| Some((at, fitting(param)?)));
            return found.next().map(|(at, (times, over))| Expr::Of { of: Quantity::Param(at), times, over });
        }
        let kernels = params.iter().enumerate().filter(|(_, param)| param.role == "k" && slot.name == "pad");
        let half = |param: &Varied| values(param).iter().zip(&ints).all(|(k, pad)| pad.is_none() || k.map(|k| k / 2) == *pad);
        kernels.map(|(at, param)| (at, half(param))).find(|(_, fits)| *fits).map(|(at, _)| Expr::Of {
            of: Quantity::Param(at),
            times: 1,
            over: 2,
        })
    }

    /// Whether a parameter is known wherever these values are.
    fn is_said(values: &[Option<ArgValue>], param: &Varied) -> bool {
        values.iter().zip(&param.values).all(|(value, own)| value.is_none() || own.is_some())
    }

    /// What a list is, where each of its elements is known or derived.
    fn listed(&self, slot: &Slot, params: &[Varied]) -> Option<Expr> {
        let element = |value: &ArgValue, at: usize| if let ArgValue::List(all) = value { all.get(at).cloned() } else { None };
        let length = |value: &ArgValue| if let ArgValue::List(all) = value { Some(all.len()) } else { None };
        let count = length(slot.values.iter().flatten().next()?)?;
        if !slot.values.iter().flatten().all(|value| length(value) == Some(count)) {
            return None;
        }
        let elements = (0..count).map(|at| {
            let values: Vec<_> = slot.values.iter().map(|value| value.as_ref().and_then(|value| element(value, at))).collect();
            match constant(&values) {
                Some(value) => Some(Expr::Value(value)),
                None => self.derived(&Slot { name: OUT, label: OUT.to_owned(), values, default: None, ..*slot }, params),
            }
        });
        elements.collect::<Option<_>>().map(Expr::List)
    }

    /// How many different numbers of channels are made within a scope and not returned.
    fn widths(slots: &[Slot], made: &[Option<i64>]) -> usize {
        let outs = slots.iter().filter(|slot| slot.name == OUT && constant(&slot.values).is_none());
        let inner = outs.filter(|slot| !is_made(&slot.values, made));
        let mut seen: Vec<&Slot> = Vec::new();
        for slot in inner {
            if !seen.iter().any(|other| agree(&other.values, &slot.values)) {
                seen.push(slot);
            }
        }
        seen.len()
    }

    fn name(&self, slot: &Slot, params: &[Varied], made: &[Option<i64>], widths: usize) -> String {
        let step = &self.class.pattern.steps[slot.step];
        let layer = identifier(&step.name);
        let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let calls = self.class.pattern.steps.iter().filter(|step| matches!(step.kind, Kind::Unit(_)));
        let is_chain = calls.map(|step| first(&step.name)).collect::<BTreeSet<_>>().len() == 1;
        let wanted = match slot.name {
            OUT if is_made(&slot.values, made) => OUT.to_owned(),
            OUT if self.is_gate(&step.kind) => "squeeze".to_owned(),
            OUT if widths == 1 || is_chain => "width".to_owned(),
            OUT => layer.clone(),
            _ => slot.label.clone(),
        };
        free(&wanted, &format!("{layer}_{}", slot.label), &Varied::names(params))
    }

    /// Whether a step is a scope that scales its input's channels.
    fn is_gate(&self, kind: &Kind) -> bool {
        let Kind::Unit(inner) = kind else { return false };
        let pattern = &self.classes.get(*inner).pattern;
        let result = pattern.result.and_then(|result| if let Ref::Step(at) = result { Some(&pattern.steps[at]) } else { None });
        result.is_some_and(|step| step.kind == Kind::Layer("x * x".to_owned()) && step.inputs.contains(&Ref::Input(0)))
    }

    /// When a detour is taken.
    fn condition(&self, detour: usize, params: &mut Vec<Varied>, made: &[Option<i64>]) -> Condition {
        let first = self.class.detours[detour].steps[0];
        let taken: Vec<bool> = self.class.instances.iter().map(|instance| instance.steps[first].is_some()).collect();
        let from = Ref::Input(0);
        let before = self.channels(|at| self.source(from, at));
        let strides = params.iter().position(|param| param.role == STRIDE).map(|at| (at, &params[at].values));
        let step = |at: usize| strides.is_some_and(|(_, values)| values[at].as_ref().and_then(int).is_some_and(|n| n != 1));
        let grows = |at: usize| before[at] != made[at];
        let out = Self::made_by(params, made);
        let stride = strides.map(|(at, _)| Expr::param(at));
        let channels = out.map(|out| (from, out));
        let all = |changes: &dyn Fn(usize) -> bool, when: bool| (0..taken.len()).all(|at| (changes(at) == when) == taken[at]);
        for when in [true, false] {
            let found = if stride.is_some() && all(&step, when) {
                Some((stride.clone(), None))
            } else if channels.is_some() && all(&grows, when) {
                Some((None, channels.clone()))
            } else if stride.is_some() && channels.is_some() && all(&|at| step(at) || grows(at), when) {
                Some((stride.clone(), channels.clone()))
            } else {
                None
            };
            if let Some((stride, channels)) = found {
                return if when { Condition::Changes { stride, channels } } else { Condition::Keeps { stride, channels } };
            }
        }
        let values: Vec<_> = taken.iter().map(|taken| Some(ArgValue::Bool(*taken))).collect();
        if let Some(at) = params.iter().position(|param| agree(&values, &param.values)) {
            return Condition::Flag(Expr::param(at));
        }
        let name = free(&self.flag(detour), "detour", &Varied::names(params));
        let common = most_common(&values);
        let param = Param { name, default: Some(common.clone()) };
        params.push(Varied { param, role: "", values, common });
        Condition::Flag(Expr::param(params.len() - 1))
    }

    /// The channels that the block returns, by its parameters.
    fn made_by(params: &[Varied], made: &[Option<i64>]) -> Option<Expr> {
        let values: Vec<Option<ArgValue>> = made.iter().map(|n| n.map(ArgValue::Int)).collect();
        if let Some(value) = constant(&values) {
            return Some(Expr::Value(value));
        }
        let ints = |param: &Varied| -> Vec<Option<i64>> { param.values.iter().map(|v| v.as_ref().and_then(int)).collect() };
        let mut outs =
            params.iter().enumerate().filter(|(_, param)| param.role == OUT && param.values.iter().all(Option::is_some));
        outs.find_map(|(at, param)| {
            let (times, over) = ratio(made, &ints(param))?;
            Some(Expr::Of { of: Quantity::Param(at), times, over })
        })
    }

    /// What a detour is called: after the scope or the layer that it consists of.
    fn flag(&self, detour: usize) -> String {
        let Pattern { steps, .. } = &self.class.pattern;
        let own = &self.class.detours[detour].steps;
        let adds = own.iter().any(|step| steps[*step].inputs.len() > 1);
        if adds {
            return "shortcut".to_owned();
        }
        let name = steps[own[0]].name.split('.').next().unwrap_or_default();
        match &steps[own[0]].kind {
            _ if !name.starts_with(|c: char| c.is_ascii_digit()) => identifier(name),
            Kind::Layer(key) if own.len() == 1 && !key.contains(':') => "activation".to_owned(),
            Kind::Layer(_) | Kind::Unit(_) => "whole".to_owned(),
        }
    }
}
