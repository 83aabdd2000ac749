//! The `pointwise` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    pointwise::cli::main()
}
