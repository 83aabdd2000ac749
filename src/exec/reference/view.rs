//! Elements of a tensor in another order: one strided walk behind transposing, slicing, shuffling and broadcasting.

/// An axis of a walk: how many steps, and how far each goes in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub count: usize,
    pub stride: usize,
}

/// Calls `each` with the offset in the source of every element, the last axis fastest.
pub(super) fn walk(start: usize, axes: &[Step], mut each: impl FnMut(usize)) {
    let Some((last, outer)) = axes.split_last() else {
        each(start);
        return;
    };
    let mut index = vec![0; outer.len()];
    let mut offset = start;
    'rows: loop {
        (0..last.count).for_each(|i| each(offset + i * last.stride));
        for axis in (0..outer.len()).rev() {
            index[axis] += 1;
            offset += outer[axis].stride;
            if index[axis] < outer[axis].count {
                continue 'rows;
            }
            offset -= outer[axis].stride * outer[axis].count;
            index[axis] = 0;
        }
        return;
    }
}

/// The elements of `source` that a walk visits.
pub(super) fn gather(source: &[f32], start: usize, axes: &[Step]) -> Vec<f32> {
    let mut out = Vec::with_capacity(axes.iter().map(|axis| axis.count).product());
    walk(start, axes, |offset| out.push(source[offset]));
    out
}

/// The axes of a row-major tensor.
pub(super) fn row_major(dims: &[usize]) -> Vec<Step> {
    let mut stride = 1;
    let mut axes: Vec<Step> = dims
        .iter()
        .rev()
        .map(|count| {
            let step = Step { count: *count, stride };
            stride *= count;
            step
        })
        .collect();
    axes.reverse();
    axes
}
