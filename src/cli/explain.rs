//! `explain`: the page of a code.

use std::fmt::Write as _;

use clap::Args;

use super::failure::Failure;
use super::session::Session;
use crate::code::Code;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The code, such as PW0302; a prefix such as PW9 lists codes, and so does nothing.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let id = arguments.code.as_deref().unwrap_or_default();
    let text = match Code::from_id(id) {
        Some(code) => code.page().to_owned(),
        None => Code::ALL.iter().filter(|code| begins(code.id(), id)).fold(String::new(), |mut list, code| {
            let _ = writeln!(list, "{}  {}", code.id(), code.title());
            list
        }),
    };
    if text.is_empty() {
        return Err(Failure::usage(format!("there is no code `{id}`")).help("`pointwise explain` lists all codes"));
    }
    Session::data(|out| out.write_all(text.as_bytes()))?;
    Ok(0)
}

fn begins(id: &str, start: &str) -> bool {
    id.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}
