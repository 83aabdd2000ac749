//! The formatter on random sentences of the grammar, with comments and line ends strewn in.

use proptest::prelude::*;

use super::common::{self, Parsed, Random, parse};
use super::ebnf::{Generator, Grammar};

/// A random file that parses, with comments and line ends where they change nothing but the layout.
fn sentence(grammar: &Grammar, seed: u64) -> String {
    let mut generator = Generator::new(grammar, seed);
    generator.rule("file");
    let mut text = generator.out;
    let mut random = Random(seed ^ 0xc0ff_ee00);
    let meaning = bare(&parse(&text));
    for number in 0..8 {
        let spaces: Vec<usize> = text.match_indices([' ', '\n']).map(|(at, _)| at).collect();
        if spaces.is_empty() {
            break;
        }
        let at = spaces[random.below(spaces.len())];
        let piece = match random.below(4) {
            0 => format!(" # c{number};\n"),
            1 => format!("\n # c{number};\n"),
            2 => format!("\n\n\n # c{number};\n\n"),
            _ => "\n".to_owned(),
        };
        let mut changed = text.clone();
        changed.insert_str(at, &piece);
        let parsed = parse(&changed);
        if parsed.errors.is_empty() && bare(&parsed) == meaning && parsed.text().contains(piece.trim()) {
            text = changed;
        }
    }
    text
}

/// The meaning without documentation, which a comment that had to move may join or leave.
fn bare(parsed: &Parsed) -> String {
    let meaning = parsed.meaning();
    let mut parts = meaning.split("doc: ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(behind_doc(part));
    }
    // What has documentation alone above it has nothing else there.
    text.replace("above: None", "above: Some(Above { marks: [] })")
}

/// What stands behind `None` or `Some("…")`.
fn behind_doc(part: &str) -> &str {
    let Some(quoted) = part.strip_prefix("Some(\"") else { return part.strip_prefix("None, ").unwrap_or(part) };
    let mut escaped = false;
    let end = quoted.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.and_then(|end| quoted[end..].strip_prefix("\"), ")).unwrap_or(part)
}

fn comments(parsed: &Parsed) -> Vec<String> {
    let texts = parsed.ast.comments.iter().map(|comment| parsed.sources.text(comment.span).trim_end().to_owned());
    let mut words: Vec<_> =
        texts.flat_map(|text| text.split('#').map(|word| word.trim().to_owned()).collect::<Vec<_>>()).collect();
    words.retain(|word| !word.is_empty());
    words.sort();
    words
}

fn check(text: &str) -> Result<(), String> {
    let before = parse(text);
    let formatted = before.format();
    let after = parse(&formatted);
    if !after.errors.is_empty() {
        return Err(format!("{}\nafter formatting\n{formatted}", after.summary()));
    }
    if bare(&before) != bare(&after) {
        return Err(format!("another tree after formatting\n{text}\nto\n{formatted}"));
    }
    if comments(&before) != comments(&after) {
        return Err(format!("other comments after formatting\n{text}\nto\n{formatted}"));
    }
    let again = after.format();
    if again != formatted {
        return Err(format!("formatting\n{text}\ngives\n{formatted}\nand then\n{again}"));
    }
    Ok(())
}

fn grammar() -> Grammar {
    Grammar::read(&common::read("grammar/pointwise.ebnf"))
}

#[test]
fn formatting_keeps_meaning_and_comments_and_settles() {
    let grammar = grammar();
    let mut comments = 0;
    for seed in 0..1500 {
        let text = sentence(&grammar, seed);
        comments += parse(&text).ast.comments.len();
        check(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    assert!(comments > 3000, "only {comments} comments were placed");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formatting_holds_for_any_seed(seed in any::<u64>()) {
        let text = sentence(&grammar(), seed);
        prop_assert!(check(&text).is_ok(), "{}", check(&text).unwrap_err());
    }

    #[test]
    fn any_text_is_read_without_panic(text in "[ \\n#a-f0-9(){}\\[\\]=,;:@.*+/<>!&|\"`'\\\\→xé-]{0,200}") {
        let parsed = parse(&text);
        if parsed.errors.is_empty() {
            prop_assert!(check(&text).is_ok(), "{}", check(&text).unwrap_err());
        }
        for error in &parsed.errors {
            for edit in error.fixes.iter().flat_map(|fix| &fix.edits) {
                prop_assert!(text.is_char_boundary(edit.span.start as usize) && text.is_char_boundary(edit.span.end as usize));
            }
        }
    }
}

/// A model with one character replaced, outside comments; a comment that lost its sign can be any number of errors.
fn damaged(texts: &[String], random: &mut Random) -> Option<String> {
    const PIECES: &[&str] = &["", "(", ")", "{", "}", "[", "]", "=", ",", ";", ":", "@", ".", "`", "→", " ", "\n", " as "];
    let text = &texts[random.below(texts.len())];
    let at = random.below(text.len());
    if !text.is_char_boundary(at) || text[at..].starts_with('#') || text[..at].rsplit('\n').next()?.contains('#') {
        return None;
    }
    let after = at + text[at..].chars().next().map_or(0, char::len_utf8);
    Some(format!("{}{}{}", &text[..at], PIECES[random.below(PIECES.len())], &text[after..]))
}

#[test]
fn one_slip_is_about_one_error() {
    let texts: Vec<_> = common::models().iter().map(|path| std::fs::read_to_string(path).expect("readable")).collect();
    let mut random = Random(1);
    let mut counts = Vec::new();
    while counts.len() < 4000 {
        let Some(text) = damaged(&texts, &mut random) else { continue };
        let errors = parse(&text).errors.len();
        if errors > 0 {
            counts.push(errors);
        }
    }
    counts.sort_unstable();
    let mean = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    assert!(mean < 1.25, "{mean} errors for a slip");
    assert!(counts[3800] <= 2, "{} errors for one slip in twenty", counts[3800]);
}
