//! `explain`: the page of a code, and pages on what no code stands for.

use std::fmt::Write as _;

use clap::Args;

use super::failure::Failure;
use super::session::Session;
use crate::code::Code;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The code, such as PW0302, or `numerics`; a prefix such as PW9 lists codes, and so does nothing.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// A page that belongs to no code.
struct Topic {
    name: &'static str,
    title: &'static str,
    page: &'static str,
}

const TOPICS: &[Topic] =
    &[Topic { name: "numerics", title: "how results differ from PyTorch's", page: include_str!("../../grammar/numerics.md") }];

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let id = arguments.code.as_deref().unwrap_or_default();
    let topic = TOPICS.iter().find(|topic| topic.name.eq_ignore_ascii_case(id));
    let text = match (Code::from_id(id), topic) {
        (Some(code), _) => code.page().to_owned(),
        (None, Some(topic)) => topic.page.to_owned(),
        (None, None) => {
            let codes = Code::ALL.iter().map(|code| (code.id(), code.title()));
            let all = codes.chain(TOPICS.iter().map(|topic| (topic.name, topic.title)));
            all.filter(|(name, _)| begins(name, id)).fold(String::new(), |mut list, (name, title)| {
                let _ = writeln!(list, "{name}  {title}");
                list
            })
        }
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
