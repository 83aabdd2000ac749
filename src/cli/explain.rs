//! `explain`: the page of a code, and pages on what no code stands for. A terminal gets them in its own width; what goes elsewhere
//! is the page as it is written.

use clap::Args;

use super::failure::Failure;
use super::session::Session;
use crate::code::Code;
use crate::report::fit::wrapped;
use crate::report::page::reflowed;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The code, such as PW0302, or the topic `numerics`; a prefix such as PW9 lists the codes that begin so. All are listed
    /// where none is given.
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
    let page = Code::from_id(id).map(Code::page).or(topic.map(|topic| topic.page));
    let text = match (page, Session::width()) {
        (Some(page), None) => page.to_owned(),
        (Some(page), Some(width)) => reflowed(page, width),
        (None, width) => list(id, width.unwrap_or(usize::MAX)),
    };
    if text.is_empty() {
        return Err(Failure::usage(format!("there is no code `{id}`")).help("`pointwise explain` lists all codes"));
    }
    Session::data(|out| out.write_all(text.as_bytes()))?;
    Ok(0)
}

/// The codes and topics that begin so, one a line, a longer title going on under its beginning.
fn list(start: &str, width: usize) -> String {
    let codes = Code::ALL.iter().map(|code| (code.id(), code.title()));
    let all = codes.chain(TOPICS.iter().map(|topic| (topic.name, topic.title)));
    let line = |(name, title): (&str, &str)| {
        let hang = name.len() + 2;
        let title = wrapped(title, width.saturating_sub(hang), 0);
        format!("{name}  {}\n", title.replace('\n', &format!("\n{}", " ".repeat(hang))))
    };
    all.filter(|(name, _)| begins(name, start)).map(line).collect()
}

fn begins(id: &str, start: &str) -> bool {
    id.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}
