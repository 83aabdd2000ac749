//! `init`: weights for a network that has none.

use std::path::PathBuf;

use clap::Args;

use super::failure::{Failure, exit_code};
use super::files;
use super::load::load;
use super::machine;
use super::options::NetOptions;
use super::session::Session;
use super::tensors;
use crate::code::Code;
use crate::report::number;
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
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    files::keep_input(&arguments.output, &arguments.file)?;
    let loaded = load(session, &arguments.file, &arguments.net)?;
    // The tensors and the file's image of them are in memory together.
    let needed = weight_bytes(loaded.shaped()).saturating_mul(2);
    let allowed = machine::available_memory().unwrap_or(isize::MAX as u64);
    if needed > allowed {
        let message = format!("making the weights needs {}, and {} are available", number::bytes(needed), number::bytes(allowed));
        return Err(Failure::new(Code::TooMuchMemory, message));
    }
    let weights = Weights::init(loaded.shaped(), arguments.seed);
    let (staged, said) = tensors::stage_weights(&arguments.output, &weights)?;
    staged.put()?;
    session.notice(&said);
    Ok(exit_code(&loaded.errors))
}
