//! Dense f32 tensors, row-major, the batch first: `[N, C, H, W]` or `[N, F]`.
//!
//! Plain values for inputs, weights and outputs; no arithmetic and no IO.

/// A dense, row-major f32 tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    dims: Vec<usize>,
    data: Vec<f32>,
}

impl Tensor {
    /// A tensor of the given dimensions; `data` must have exactly their product of elements.
    ///
    /// # Panics
    /// If the lengths differ: callers have checked them.
    #[must_use]
    pub fn new(dims: Vec<usize>, data: Vec<f32>) -> Self {
        assert_eq!(dims.iter().product::<usize>(), data.len(), "as many elements as the dimensions say");
        Self { dims, data }
    }

    /// All zeros.
    #[must_use]
    pub fn zeros(dims: Vec<usize>) -> Self {
        let len = dims.iter().product();
        Self { dims, data: vec![0.0; len] }
    }

    /// The dimensions, batch included where the tensor has one.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The elements.
    #[must_use]
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The elements, writable.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// The elements alone.
    #[must_use]
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }

    /// The same elements under other dimensions of the same product.
    #[must_use]
    pub fn reshaped(self, dims: Vec<usize>) -> Self {
        Self::new(dims, self.data)
    }
}
