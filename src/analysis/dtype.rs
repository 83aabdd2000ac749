//! What an element of a tensor is stored as: the one owner of how many bytes it takes.
//!
//! Weights, biases, running statistics and activations are all taken to be of one type; scales and zero points of integers,
//! a few bytes a tensor, are not counted. Work does not depend on it.

/// The type of all elements of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dtype {
    /// IEEE 754 single precision.
    #[default]
    F32,
    /// IEEE 754 half precision.
    F16,
    /// The upper half of a single.
    Bf16,
    /// Integers of 8 bits.
    Int8,
}

impl Dtype {
    /// All types, the default first.
    pub const ALL: &[Self] = &[Self::F32, Self::F16, Self::Bf16, Self::Int8];

    /// Bytes of one element.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Int8 => 1,
        }
    }

    /// Its name as the command line takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dtype| dtype.name() == name)
    }

    /// Whether it can hold a gradient.
    #[must_use]
    pub const fn is_float(self) -> bool {
        match self {
            Self::F32 | Self::F16 | Self::Bf16 => true,
            Self::Int8 => false,
        }
    }
}
