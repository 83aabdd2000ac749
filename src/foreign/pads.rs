//! The rules of what adds rows and columns round a map: the frameworks name the sides in different orders.
//!
//! In: the arguments of a pasted call. Out: `pad` with its sides as top, left, bottom and right, or a clause that says why not.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other value of an argument is refused alike")]

use super::bind::Bound;
use super::rule::{Told, texts};
use super::stages::Stage;
use super::value::Value;

/// `[left, right, top, bottom]`, one for all sides there, is `[top, left, bottom, right]` here.
fn sides(padding: &Value<'_>) -> Result<String, String> {
    match padding {
        Value::List(items) => match items.as_slice() {
            [left, right, top, bottom] => Ok(texts(&[top.clone(), left.clone(), bottom.clone(), right.clone()])),
            _ => Err(format!("the order of `{}` is not plain", padding.written())),
        },
        Value::Int(_) | Value::Other(_) => Ok(padding.written()),
        Value::Number(_) | Value::Bool(_) | Value::None | Value::Word(_) => {
            Err(format!("`padding={}` has no counterpart here", padding.written()))
        }
    }
}

fn padded(bound: &Bound<'_>, mode: Option<&'static str>) -> Told {
    let mut stage = Stage::new("pad").arg("pad", sides(&bound.get("padding").unwrap_or(Value::None))?);
    if let Some(value) = bound.get("value") {
        stage = stage.arg("value", value.written());
    }
    Ok(match mode {
        Some(mode) => stage.arg("mode", mode),
        None => stage,
    }
    .into())
}

pub(super) fn zero_pad(bound: &Bound<'_>) -> Told {
    padded(bound, None)
}

pub(super) fn reflection_pad(bound: &Bound<'_>) -> Told {
    padded(bound, Some("reflect"))
}

pub(super) fn circular_pad(bound: &Bound<'_>) -> Told {
    padded(bound, Some("\"circular\""))
}

pub(super) fn replication_pad(bound: &Bound<'_>) -> Told {
    padded(bound, Some("replicate"))
}

/// `F.pad`: pairs from the last axis on.
pub(super) fn f_pad(bound: &Bound<'_>) -> Told {
    let pad = bound.get("pad").unwrap_or(Value::None);
    let text = match &pad {
        Value::List(items) if items.len() == 2 => texts(&[Value::Int(0), items[0].clone(), Value::Int(0), items[1].clone()]),
        Value::List(items) if items.len() == 4 => sides(&pad)?,
        _ => return Err(format!("only rows and columns are padded here, and `{}` is not 2 or 4 numbers", pad.written())),
    };
    let stage = Stage::new("pad").arg("pad", text);
    let value = bound.get("value").filter(|value| !value.is_number(0.0));
    match (bound.get("mode"), value) {
        (None | Some(Value::Word("constant")), None) => Ok(stage.into()),
        (None | Some(Value::Word("constant")), Some(value)) => Ok(stage.arg("value", value.written()).into()),
        (Some(Value::Word("reflect")), _) => Ok(stage.arg("mode", "reflect").into()),
        (Some(Value::Word("replicate")), _) => Ok(stage.arg("mode", "replicate").into()),
        (Some(Value::Word("circular")), _) => Ok(stage.arg("mode", "\"circular\"").into()),
        (Some(other), _) => Err(format!("`mode={}` has no counterpart here", other.written())),
    }
}

/// `int`, `(height, width)` or `((top, bottom), (left, right))`.
pub(super) fn keras_zero_pad(bound: &Bound<'_>) -> Told {
    let padding = bound.get("padding").unwrap_or(Value::Int(1));
    let text = match padding.items() {
        [Value::List(rows), Value::List(columns)] if rows.len() == 2 && columns.len() == 2 => {
            texts(&[rows[0].clone(), columns[0].clone(), rows[1].clone(), columns[1].clone()])
        }
        [Value::Int(_), Value::Int(_)] | [Value::Int(_) | Value::Other(_)] => padding.written(),
        _ => return Err(format!("`padding={}` has no counterpart here", padding.written())),
    };
    Ok(Stage::new("pad").arg("pad", text).into())
}
