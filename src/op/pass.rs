//! Operations that pass their input on when a network is run.

use super::Op;
use super::args::{ArgValue, Printed, Reader};
use super::table::{Built, NUMBER, OpInfo, optional};

pub(super) const DROPOUT: OpInfo = OpInfo {
    keyword: "dropout",
    family: "activation",
    summary: "drops elements in training; passes its input on when run",
    params: &[optional("p", NUMBER, "0.5", "probability, from 0 to 1")],
    inputs: (1, Some(1)),
    shapes: "[...] -> [...]",
    onnx: "Dropout",
    build: |args, _| {
        let read = Reader::new(DROPOUT.params, args);
        let p = read.number_or("p", 0.5)?;
        if (0.0..=1.0).contains(&p) {
            Ok(Built::One(Op::Dropout(p)))
        } else {
            Err(read.invalid("p", format!("p must be from 0 to 1, not {p}")))
        }
    },
};

pub(super) const IDENTITY: OpInfo = OpInfo {
    keyword: "identity",
    family: "shape",
    summary: "passes its input on",
    params: &[],
    inputs: (1, Some(1)),
    shapes: "[...] -> [...]",
    onnx: "Identity",
    build: |_, _| Ok(Built::One(Op::Identity)),
};

pub(super) fn printed_dropout(p: f64) -> Vec<(&'static str, ArgValue)> {
    Printed::default().unless("p", ArgValue::Float(p), &ArgValue::Float(0.5)).done()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, told, work};
    use super::super::work::Work;

    #[test]
    fn both_pass_their_input_on_for_free() {
        for call in ["dropout()([3, 4])", "identity()([3, 4])"] {
            assert_eq!((told(call).as_str(), work(call)), ("[3, 4]", Work::NONE));
        }
        assert_eq!(printed("dropout(0.4)([3])"), "p=0.4");
        assert_eq!(printed("dropout(0.5)([3])"), "");
        assert_eq!(told("dropout(-0.1)([3])"), "p must be from 0 to 1, not -0.1");
    }
}
