//! `init`: weights for a network that has none.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::Args;

use super::failure::{Failure, exit_code};
use super::load::load;
use super::options::NetOptions;
use super::output::Output;
use super::room::{MemoryOptions, Room};
use super::session::Session;
use super::tensors::Learned;
use crate::weights::{Weights, weight_bytes};

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The network; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write the weights, as safetensors.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The same seed gives the same weights on every machine.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    net: NetOptions,
    #[command(flatten)]
    memory: MemoryOptions,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let output = Output::claim(&arguments.output)?;
    let loaded = load(session, &arguments.file, &arguments.net)?;
    Room::new(arguments.memory).check(weight_bytes(loaded.shaped()), "making the weights")?;
    let weights = Weights::init(loaded.shaped(), arguments.seed);
    let (staged, said) = Learned::Held(Cow::Owned(weights)).stage(&output)?;
    staged.put(session)?;
    session.notice(&said);
    Ok(exit_code(&loaded.errors))
}
