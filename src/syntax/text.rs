//! Text inside tokens: string escapes and documentation comments.

use super::ast::Comment;
use super::input::Context;
use super::silence::is_silence;
use super::token::Token;

/// Quotes round a string: ours, and those of other languages and of word processors, which the lexer has reported.
const QUOTES: [char; 7] = ['"', '\'', '“', '”', '„', '‘', '’'];

/// The value of a string literal: without quotes, escapes resolved.
pub fn unquote(literal: &str) -> String {
    let ours = literal.strip_prefix('"').map(|body| body.strip_suffix('"').unwrap_or(body));
    let strange = || literal.strip_prefix(QUOTES).and_then(|body| body.strip_suffix(QUOTES));
    let body = ours.or_else(strange).unwrap_or(literal);
    if !body.contains('\\') {
        return body.to_owned();
    }
    let mut value = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some(other) => value.push(other),
            None => value.push('\\'),
        }
    }
    value
}

/// The comment block directly above a token that begins an item or statement, without `# `.
pub fn doc_above(context: &Context<'_>, token: Token) -> Option<Box<str>> {
    let before = context.comments.partition_point(|comment| comment.span.end <= token.start);
    let mut start = token.start;
    let mut first = before;
    while let Some(comment) = first.checked_sub(1).map(|i| &context.comments[i]) {
        if comment.trailing || !on_next_line(context.text, comment, start) {
            break;
        }
        start = comment.span.start;
        first -= 1;
    }
    if first == before {
        return None;
    }
    let is_doc = |comment: &&Comment| !is_silence(&context.text[comment.span.start as usize..comment.span.end as usize]);
    let lines: Vec<_> =
        context.comments[first..before].iter().filter(is_doc).map(|comment| content(context.text, comment)).collect();
    (!lines.is_empty()).then(|| lines.join("\n").into())
}

/// Whether only one line end and white space lie between a comment and `start`.
fn on_next_line(text: &str, comment: &Comment, start: u32) -> bool {
    let between = &text.as_bytes()[comment.span.end as usize..start as usize];
    // The last comment may be far above: what lies nearest is looked at first.
    let mut ends = 0;
    for byte in between.iter().rev() {
        ends += usize::from(*byte == b'\n');
        if ends > 1 || !byte.is_ascii_whitespace() {
            return false;
        }
    }
    ends == 1
}

/// A comment's text without `#` and one space.
fn content<'a>(text: &'a str, comment: &Comment) -> &'a str {
    let body = text[comment.span.start as usize + 1..comment.span.end as usize].trim_end();
    body.strip_prefix(' ').unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::unquote;

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(unquote(r#""a\"b\\c\nd\te""#), "a\"b\\c\nd\te");
        assert_eq!(unquote("\"open"), "open");
        assert_eq!(unquote("\"it’s”"), "it’s”", "what stands in our quotes is text");
        for literal in ["'a'", "“a”", "„a“", "‘a’", "’a\""] {
            assert_eq!(unquote(literal), "a", "{literal}");
        }
    }
}
