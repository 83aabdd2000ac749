//! The analysis against numbers worked out by hand, brute force over all orders of execution, and what other tools print.

mod budget;
mod conventions;
mod cost;
mod lints;
mod memory;
mod net;
mod receptive;
mod time;
