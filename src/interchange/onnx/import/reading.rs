//! What the first axes of a model's inputs are read as.
//!
//! Networks have images there, of which one is computed like another, and are imported for one of them. Where that cannot be,
//! because something mixes images or there are none, the model is taken as it stands: each input is one thing. A first axis of
//! 1 is then left out here where nothing asks for it, so that kernels find channels, height and width; what asks for it gets
//! it, by a reshape.

use super::super::fold::Why;
use super::super::number::Number;
use super::super::proto::Extent;
use super::{Importer, Map, Use, Value};

/// How first axes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// As images, any number of them.
    Images,
    /// As one thing.
    One,
}

/// A first axis that is there in the model and not here.
fn left_out() -> Number {
    Number::of_batch(1)
}

/// A dimension, where there is one image.
pub(super) fn of_one(dim: Number) -> Number {
    dim.batch.checked_add(dim.fixed).map_or(dim, Number::from)
}

impl Reading {
    /// What whoever reads the network should know.
    pub(super) fn remark(self) -> Option<&'static str> {
        match self {
            Self::Images => None,
            Self::One => Some("Taken as it stands, for one input of its shape."),
        }
    }

    /// Dimensions with what is left out of them here.
    pub(super) fn dims(self, dims: Vec<Number>) -> Vec<Number> {
        match self {
            Self::Images => dims,
            Self::One => {
                let mut dims: Vec<Number> = dims.into_iter().map(of_one).collect();
                if dims.len() > 1 && dims[0] == Number::from(1) {
                    dims[0] = left_out();
                }
                dims
            }
        }
    }
}

/// Whether every image has its elements in the same order under other dimensions: what stands before the images stays.
fn keeps_images(from: &[Number], to: &[Number]) -> bool {
    let before = |dims: &[Number]| -> Vec<Number> {
        let images = dims.iter().position(|dim| dim.batch != 0).unwrap_or(0);
        dims[..images].iter().copied().filter(|dim| *dim != Number::from(1)).collect()
    };
    before(from) == before(to)
}

impl<'m> Importer<'m> {
    /// The dimensions of an input.
    pub(super) fn input_dims(&mut self, extents: &[Extent]) -> Result<Vec<Number>, Why> {
        if self.reading == Reading::Images && extents.is_empty() {
            return Err(Why::from("it is one number, without an axis of images"));
        }
        let mut dims = Vec::new();
        for (at, extent) in extents.iter().enumerate() {
            dims.push(match (at, extent, self.reading) {
                (0, Extent::DimValue(images), Reading::Images) => self.images(*images)?,
                (0, Extent::DimParam(_), Reading::Images | Reading::One) => left_out(),
                (_, Extent::DimValue(size), _) if *size > 0 => Number::from(*size),
                (_, Extent::DimValue(size), _) => return Err(Why(format!("a dimension of it is {size}"))),
                (_, Extent::DimParam(name), _) => {
                    return Err(Why(format!("its dimension `{name}` is free: give the model a size when it is exported")));
                }
            });
        }
        if self.reading == Reading::One {
            self.batch = Some(1);
        }
        Ok(self.reading.dims(dims))
    }

    fn images(&mut self, images: i64) -> Result<Number, Why> {
        let images = u64::try_from(images).ok().filter(|images| *images > 0).ok_or_else(|| Why::from("it has no images"))?;
        if *self.batch.get_or_insert(images) != images {
            return Err(Why::from("it has another number of images than the inputs before it"));
        }
        Ok(left_out())
    }

    /// What a node makes; where that is refused, of inputs that have a first axis of 1 here or leave it out.
    pub(super) fn made(&mut self, used: &Use<'m>) -> Result<Vec<Value>, Why> {
        let before = self.drafts.len();
        let first = self.handle(used);
        if first.is_ok() || self.reading == Reading::Images {
            return first;
        }
        for is_left_out in [true, false] {
            self.drafts.truncate(before);
            let inputs = used.inputs.iter().map(|input| self.turned(used, input.as_ref(), is_left_out)).collect();
            let Ok(inputs) = inputs else { continue };
            if let Ok(made) = self.handle(&Use { node: used.node, inputs }) {
                return Ok(made);
            }
        }
        self.drafts.truncate(before);
        first
    }

    /// A value with its first axis left out, or not.
    fn turned(&mut self, used: &Use<'m>, value: Option<&Value>, is_left_out: bool) -> Result<Option<Value>, Why> {
        let Some(Value::Map(map)) = value else { return Ok(value.cloned()) };
        let mut dims: Vec<Number> = map.dims.iter().copied().map(of_one).collect();
        if is_left_out && dims.len() > 1 && dims[0] == Number::from(1) {
            dims[0] = left_out();
        }
        Ok(Some(Value::Map(self.viewed(used, map, dims)?)))
    }

    /// The same map under other dimensions of the model.
    pub(super) fn reshaped(&mut self, used: &Use<'m>, map: &Map, dims: Vec<Number>) -> Result<Map, Why> {
        let dims = self.reading.dims(dims);
        if self.reading == Reading::Images && !keeps_images(&map.dims, &dims) {
            return Err(Why::from("images are mixed with what is in them"));
        }
        self.viewed(used, map, dims)
    }
}
