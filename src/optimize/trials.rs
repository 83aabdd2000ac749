//! The values besides its own with which a text is tried, so that what is written there holds with them too.
//!
//! In: a text and the values that become its defaults. Out: [`Trial`]s with the networks that the text made so far: every
//! boolean parameter turned round by itself, the values that guard assertions (`if width == 0.5 { … }`), and the defaults that
//! were. Values with which the text made no network are none of its business.

use super::edited::Origin;
use crate::compile::{Network, Settings, compile, literal};
use crate::lower::{Folded, Value, fold};
use crate::quote::quoted;
use crate::syntax::ast::{Body, Expr, ExprKind, Infix, InfixOp, Net, Statement, StatementKind, UnaryOp};
use crate::words::is_reserved;
use crate::writeback::edit;

/// The most boolean parameters, and the most guards, that are tried.
const MOST: usize = 8;

/// The most boolean parameters that are turned round together, in every way.
const TOGETHER: usize = 3;

/// Values by the names of parameters.
pub(super) type Values = Vec<(String, String)>;

/// Values that differ from the text's own, and what the source made with them.
#[derive(Debug)]
pub(super) struct Trial {
    /// The values.
    pub values: Values,
    /// Whether it is one boolean parameter, turned round.
    pub is_boolean: bool,
    /// The network before.
    pub before: Network,
}

impl Trial {
    /// What holds of the parameters in this trial: `v1`, `width == 0.5 and size == 96`.
    pub fn condition(&self) -> String {
        self.values.iter().map(|(name, value)| said(name, value)).collect::<Vec<_>>().join(" and ")
    }

    /// What holds of the parameters unless in this trial of a boolean: `not v1`.
    pub fn unless(&self) -> String {
        let opposite = |(name, value): &(String, String)| said(name, if value == "true" { "false" } else { "true" });
        self.values.first().map(opposite).unwrap_or_default()
    }

    /// As on the command line: `v1=true`.
    pub fn shown(&self) -> String {
        self.values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }
}

/// That a parameter has a value, as the language writes it.
fn said(name: &str, value: &str) -> String {
    let name = quoted(name, is_reserved);
    match value {
        "true" => name.into_owned(),
        "false" => format!("not {name}"),
        _ => format!("{name} == {value}"),
    }
}

/// The trials of a text, and what is to be said of those left out.
pub(super) fn trials(on: &Origin<'_>) -> (Vec<Trial>, Vec<String>) {
    let Some(net) = on.net() else { return Default::default() };
    let defaults = defaults(on, net);
    let booleans: Vec<Values> = defaults.iter().filter_map(turned_round).collect();
    let mut guards = Vec::new();
    guarded(on.source.text(), &net.body, &[], &mut guards);
    let mut others: Vec<Values> = Vec::new();
    for values in guards.into_iter().chain([old_defaults(on)]) {
        let values: Values = values.into_iter().filter(|value| !defaults.iter().any(|default| same(default, value))).collect();
        if !values.is_empty() && !booleans.contains(&values) && !others.contains(&values) {
            others.push(values);
        }
    }
    // What a number is in an `if` within an `if` only shows where both parameters are turned round.
    if (2..=TOGETHER).contains(&booleans.len()) {
        let chosen = |bits: usize| booleans.iter().enumerate().filter(move |(at, _)| bits >> at & 1 == 1);
        let several = (1..1usize << booleans.len()).filter(|bits| bits.count_ones() > 1);
        let together = several.map(|bits| chosen(bits).flat_map(|(_, values)| values.clone()).collect::<Values>());
        let new = together.filter(|values| !others.contains(values)).collect::<Vec<_>>();
        others.extend(new);
    }
    let bound: Vec<&str> =
        net.body.all_statements().into_iter().flat_map(Statement::binds).map(|name| name.text.as_str()).collect();
    let rebound = |values: &Values| values.iter().any(|(name, _)| bound.contains(&name.as_str()));
    let hidden: Vec<&str> = booleans.iter().filter(|values| rebound(values)).map(|values| values[0].0.as_str()).collect();
    let mut notes: Vec<String> = hidden
        .iter()
        .map(|name| format!("the net binds `{name}` anew: the text may not hold with another value of that parameter"))
        .collect();
    if booleans.len() > MOST {
        notes.push(format!("{MOST} of {} boolean parameters were tried: the text may not hold with the others", booleans.len()));
    }
    let tried = booleans.iter().take(MOST).map(|values| (values, true));
    let tried = tried.chain(others.iter().take(MOST).map(|values| (values, false))).filter(|(values, _)| !rebound(values));
    let trial = |(values, is_boolean): (&Values, bool)| {
        let before = built(on, &[on.set, values].concat())?;
        Some(Trial { values: values.clone(), is_boolean, before })
    };
    (tried.filter_map(trial).collect(), notes)
}

/// What the source makes with values.
pub(super) fn built(on: &Origin<'_>, set: &[(String, String)]) -> Option<Network> {
    let settings = Settings { set: set.to_vec(), ..Settings::default() };
    compile(&on.before.name, on.source.text().to_owned(), on.loader, &settings).network
}

/// The defaults that the new text has.
fn defaults(on: &Origin<'_>, net: &Net) -> Values {
    let set = |name: &str| on.set.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    let stated = edit::stated_defaults(on.source.text(), &on.source.ast);
    let value = |name: &str| set(name).or_else(|| stated.iter().find(|(other, _)| other == name).map(|(_, text)| text.clone()));
    net.params.iter().filter_map(|param| Some((param.name.text.to_string(), value(&param.name.text)?))).collect()
}

/// The defaults that the source has and the new text has not.
fn old_defaults(on: &Origin<'_>) -> Values {
    let was_set = |name: &String| on.set.iter().any(|(other, _)| other == name);
    edit::stated_defaults(on.source.text(), &on.source.ast).into_iter().filter(|(name, _)| was_set(name)).collect()
}

/// The opposite of a boolean.
fn turned_round((name, value): &(String, String)) -> Option<Values> {
    if let Value::Bool(value) = literal(value) { Some(vec![(name.clone(), (!value).to_string())]) } else { None }
}

fn same((name, value): &(String, String), (other, text): &(String, String)) -> bool {
    name == other && matches!(fold(InfixOp::Eq, &literal(value), &literal(text)), Folded::Value(Value::Bool(true)))
}

/// The values under which the assertions in a body are reached, as far as the conditions around them say so.
fn guarded(text: &str, body: &Body, outer: &[(String, String)], found: &mut Vec<Values>) {
    let reaches = |kind: &StatementKind| matches!(kind, StatementKind::Assert(_));
    if !outer.is_empty() && body.statements.iter().any(|statement| reaches(&statement.kind)) {
        found.push(outer.to_vec());
    }
    for statement in &body.statements {
        if let StatementKind::For { body, .. } = &statement.kind {
            guarded(text, body, outer, found);
        } else if let StatementKind::Expr(Expr { kind: ExprKind::If(choice), .. }) = &statement.kind {
            for (condition, body) in &choice.arms {
                let mut values = outer.to_vec();
                if stated(text, condition, &mut values) {
                    guarded(text, body, &values, found);
                }
            }
            if let Some(body) = &choice.otherwise {
                guarded(text, body, outer, found);
            }
        }
    }
}

/// Adds the values that make a condition true; false where it is none of `a == 1`, `a`, `not a`, joined by `and`.
fn stated(text: &str, condition: &Expr, values: &mut Values) -> bool {
    if let ExprKind::Paren(inner) = &condition.kind {
        return stated(text, inner, values);
    }
    if let ExprKind::Infix(chain) = &condition.kind {
        let Infix { first, rest } = &**chain;
        if let (ExprKind::Name(name), [(InfixOp::Eq, _, value)]) = (&first.kind, rest.as_slice()) {
            let value = &text[value.span.start as usize..value.span.end as usize];
            values.push((name.to_string(), value.to_owned()));
            return true;
        }
        return rest.iter().all(|(op, _, _)| *op == InfixOp::And)
            && stated(text, first, values)
            && rest.iter().all(|(_, _, operand)| stated(text, operand, values));
    }
    let (name, value) = if let ExprKind::Unary(UnaryOp::Not, inner) = &condition.kind {
        (&inner.kind, "false")
    } else {
        (&condition.kind, "true")
    };
    let ExprKind::Name(name) = name else { return false };
    values.push((name.to_string(), value.to_owned()));
    true
}
