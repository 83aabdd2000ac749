//! Files of other programs: what NumPy, Pillow and safetensors write is read, what is damaged is refused.
//!
//! The files stand in `interchange/`; `make.py` there says how they came about.

#[path = "interchange/arrays.rs"]
mod arrays;
#[path = "interchange/damage.rs"]
mod damage;
#[path = "interchange/pictures.rs"]
mod pictures;
#[path = "interchange/tensors.rs"]
mod tensors;
