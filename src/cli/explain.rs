//! `explain`: the page of a code.

use clap::Args;

use super::failure::Failure;
use super::session::Session;
use crate::code::Code;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The code, such as PW0302; all codes are listed without one.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let text = match &arguments.code {
        None => Code::ALL.iter().map(|code| format!("{}  {}\n", code.id(), code.title())).collect(),
        Some(id) => {
            let unknown = || Failure::usage(format!("there is no code `{id}`")).help("`pointwise explain` lists all codes");
            Code::from_id(id).ok_or_else(unknown)?.page().to_owned()
        }
    };
    session.data(|out| out.write_all(text.as_bytes()))?;
    Ok(0)
}
