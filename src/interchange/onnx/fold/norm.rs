//! Normalisations of weights, as networks do that standardise them.

use super::{Call, Folded, Why, values};
use crate::interchange::onnx::array::Values;

/// `BatchNormalization` over axis 1: by the statistics that are given, or by those of the array itself, as in training.
pub(super) fn batch(call: Call<'_>) -> Result<Vec<Folded<'_>>, Why> {
    let input = call.input(0)?;
    let [_, channels, ..] = *input.dims.as_slice() else {
        return Err(Why(format!("{:?} has no channels", input.dims)));
    };
    for at in 1..5 {
        if call.input(at)?.len() != channels {
            return Err(Why(format!("input {} is not one number for each of {channels} channels", at + 1)));
        }
    }
    // Before version 14 the number of outputs says whether it is as in training.
    let trains = call.attributes.flag("training_mode") || call.outputs > 1;
    let eps = f64::from(call.attributes.float_or("epsilon", 1e-5));
    let inner: usize = input.dims[2..].iter().product();
    let make = move || {
        let all = floats(call, 0)?;
        let channel = |at: usize| at / inner.max(1) % channels;
        let [means, variances] = if trains { statistics(&all, channels, channel) } else { [wide(call, 3)?, wide(call, 4)?] };
        let (scale, shift) = (wide(call, 1)?, wide(call, 2)?);
        let factors: Vec<f64> = scale.iter().zip(&variances).map(|(scale, variance)| scale / (variance + eps).sqrt()).collect();
        let summands: Vec<f64> = (0..channels).map(|at| shift[at] - means[at] * factors[at]).collect();
        let each = |(at, x): (usize, &f32)| (f64::from(*x) * factors[channel(at)] + summands[channel(at)]) as f32;
        Ok(Values::Float(all.iter().enumerate().map(each).collect()))
    };
    Ok(vec![Folded { dims: input.dims.clone(), is_int: false, make: Box::new(make) }])
}

fn floats(call: Call<'_>, at: usize) -> Result<Vec<f32>, Why> {
    values(call.input(at)?)?.floats().ok_or_else(|| Why::from("it normalises sizes of a batch"))
}

fn wide(call: Call<'_>, at: usize) -> Result<Vec<f64>, Why> {
    Ok(floats(call, at)?.into_iter().map(f64::from).collect())
}

/// Mean and variance of each channel.
fn statistics(all: &[f32], channels: usize, channel: impl Fn(usize) -> usize) -> [Vec<f64>; 2] {
    let count = (all.len() / channels.max(1)) as f64;
    let mut means = vec![0.0; channels];
    all.iter().enumerate().for_each(|(at, x)| means[channel(at)] += f64::from(*x) / count);
    let mut variances = vec![0.0; channels];
    for (at, x) in all.iter().enumerate() {
        variances[channel(at)] += (f64::from(*x) - means[channel(at)]).powi(2) / count;
    }
    [means, variances]
}
