//! Conversions of stored numbers to f32, and back to bytes.

use std::borrow::Cow;

/// IEEE 754 binary16 to f32, exactly.
pub(super) fn from_f16(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0f32 } else { -1.0 };
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f32::from(bits & 0x3ff);
    match exponent {
        0 => sign * fraction * 2.0f32.powi(-24),
        0x1f if fraction > 0.0 => f32::NAN,
        0x1f => sign * f32::INFINITY,
        _ => sign * (1024.0 + fraction) * 2.0f32.powi(exponent - 25),
    }
}

/// bfloat16 to f32, exactly.
pub(super) fn from_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// f64 to the nearest f32, or `None` where a finite number lies outside the range of f32.
pub(super) fn from_f64(value: f64) -> Option<f32> {
    let narrow = value as f32;
    (narrow.is_finite() || !value.is_finite()).then_some(narrow)
}

/// Elements as files hold them: where the machine has them in the same order, no copy.
pub(super) fn le_bytes(data: &[f32]) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        Cow::Borrowed(bytemuck::cast_slice(data))
    } else {
        Cow::Owned(data.iter().flat_map(|x| x.to_le_bytes()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{from_bf16, from_f16, from_f64};

    /// Values of binary16's table in IEEE 754-2008: one, two thirds' neighbour, the extremes, the least subnormal.
    #[test]
    fn halves_are_read_exactly() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x0000, 0.0),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(from_f16(bits).to_bits(), f32::to_bits(value), "{bits:04x}");
        }
        assert!(from_f16(0x8000).is_sign_negative() && from_f16(0x7e00).is_nan());
        assert_eq!((from_bf16(0x3f80), from_bf16(0xc2f7)), (1.0, -123.5));
    }

    #[test]
    fn doubles_out_of_range_are_refused() {
        assert_eq!(from_f64(0.1), Some(0.1));
        assert_eq!(from_f64(1e39), None);
        assert_eq!(from_f64(f64::INFINITY), Some(f32::INFINITY));
    }
}
