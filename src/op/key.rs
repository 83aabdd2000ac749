//! What makes two operations the same: a key that can be compared, hashed and ordered where floats cannot.
//!
//! In: an operation. Out: its keyword and every attribute that is not its default, floats by their bits.

use super::args::ArgValue;
use super::{Op, table};

/// Equal for two operations exactly where they do the same to inputs of the same shapes. What they learned is not part of
/// it: two convolutions of one geometry have equal keys and different weights.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    keyword: &'static str,
    attributes: Vec<(&'static str, Atom)>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Atom {
    Int(i64),
    /// A float's bits, so that a negative zero is not zero.
    Float(u64),
    Bool(bool),
    Word(String),
    List(Vec<Atom>),
}

impl From<ArgValue> for Atom {
    fn from(value: ArgValue) -> Self {
        match value {
            ArgValue::Int(n) => Self::Int(n),
            ArgValue::Float(x) => Self::Float(x.to_bits()),
            ArgValue::Bool(b) => Self::Bool(b),
            ArgValue::Str(s) => Self::Word(s),
            ArgValue::List(items) => Self::List(items.into_iter().map(Self::from).collect()),
        }
    }
}

impl Op {
    /// What makes it the same as another operation.
    #[must_use]
    pub fn key(&self) -> Key {
        let attributes = table::arguments(self).into_iter().map(|(name, value)| (name, value.into())).collect();
        Key { keyword: self.keyword(), attributes }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{every_op, op};
    use super::super::{Scalar, ScalarOp};
    use super::*;

    #[test]
    fn keys_are_equal_where_operations_are() {
        let key = |call: &str| op(call).0.key();
        assert_eq!(key("conv(8, 3, pad=same)([4, 8, 8])"), key("conv(8, 3, pad=1)([4, 8, 8])"));
        for (a, b) in [
            ("conv(8, 3)([4, 8, 8])", "conv(8, 3, stride=2)([4, 8, 8])"),
            ("conv(4, groups=4)([4, 8, 8])", "dwconv(1)([4, 8, 8])"),
            ("bn()([4])", "bn(1e-4)([4])"),
            ("maxpool(2)([4, 8, 8])", "avgpool(2)([4, 8, 8])"),
            ("pad(1)([4, 8, 8])", "pad(1, -0.0)([4, 8, 8])"),
            ("add()([4], [4])", "mul()([4], [4])"),
            ("constant([0.0])()", "constant([-0.0])()"),
            ("constant([1, 2])()", "constant([1, 2], [2, 1])()"),
        ] {
            assert_ne!(key(a), key(b), "{a} {b}");
        }
        let scalar = |op, value| Op::Scalar(Scalar { op, value }).key();
        assert_eq!(scalar(ScalarOp::Add, 0.1), scalar(ScalarOp::Add, 0.1));
        assert_ne!(scalar(ScalarOp::Add, 0.0), scalar(ScalarOp::Add, -0.0));
        assert_ne!(scalar(ScalarOp::Sub, 1.0), scalar(ScalarOp::RevSub, 1.0));
    }

    #[test]
    fn operations_of_the_table_have_keys_of_their_own() {
        let ops = every_op();
        for (i, a) in ops.iter().enumerate() {
            for (j, b) in ops.iter().enumerate() {
                assert_eq!(a.key() == b.key(), i == j, "{a:?} {b:?}");
            }
        }
    }
}
