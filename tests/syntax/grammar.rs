//! `grammar/pointwise.ebnf` against the lexer and the parser, in both directions.

use std::collections::BTreeSet;

use pointwise::op::table::{DefaultValue, OPS, find};
use pointwise::source::SourceSet;
use pointwise::syntax::{Token, TokenClass, TokenKind, lex};
use pointwise::words;

use super::common::{self, parse};
use super::ebnf::{Generator, Grammar, Recogniser, Symbol};

fn grammar() -> Grammar {
    Grammar::read(&common::read("grammar/pointwise.ebnf"))
}

#[test]
fn every_rule_is_defined_and_used() {
    let grammar = grammar();
    let mut used = BTreeSet::from(["file".to_owned()]);
    grammar.rules.values().for_each(|node| Grammar::used(node, &mut used));
    let defined: BTreeSet<String> = grammar.rules.keys().cloned().collect();
    assert_eq!(used.difference(&defined).collect::<Vec<_>>(), Vec::<&String>::new(), "used, but not defined");
    assert_eq!(defined.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "defined, but not used");
}

#[test]
fn the_tokens_are_the_lexers() {
    let grammar = grammar();
    let mut texts = BTreeSet::new();
    for (name, node) in &grammar.rules {
        let is_inside_token = ["PATH", "PATTERN", "NUMBER", "STRING", "glob", "quoted", "exponent", "unit", "escape", "digits"]
            .contains(&name.as_str());
        if !is_inside_token {
            Grammar::texts(node, &mut texts);
        }
    }
    let fixed = |kind: &TokenKind| {
        let many = matches!(kind, TokenKind::Name | TokenKind::Path | TokenKind::Pattern | TokenKind::Number | TokenKind::Str);
        !many && *kind != TokenKind::End
    };
    let ours: BTreeSet<String> = TokenKind::ALL.iter().filter(|kind| fixed(kind)).map(|kind| kind.text().to_owned()).collect();
    assert_eq!(texts, ours);
    let mut reserved = BTreeSet::new();
    Grammar::texts(&grammar.rules["reserved"], &mut reserved);
    assert_eq!(reserved, words::reserved().map(str::to_owned).collect());
    let lexed: BTreeSet<String> =
        TokenKind::ALL.iter().filter(|kind| kind.is_reserved()).map(|kind| kind.text().to_owned()).collect();
    assert_eq!(lexed, reserved);
    for word in words::reserved() {
        assert_eq!(TokenKind::reserved(word).map(TokenKind::text), Some(word));
    }
    for name in words::ARGUMENTS.iter().chain(words::FUNCTIONS) {
        assert_eq!(TokenKind::reserved(name), None, "{name} is a name to the parser");
    }
}

/// Every default that is a word stands for itself, and so does every word that a parameter says it takes.
#[test]
fn arguments_are_the_words_that_operations_take() {
    let params: Vec<_> = OPS.iter().flat_map(|info| info.params).collect();
    let defaults = params.iter().filter_map(|param| match param.default {
        DefaultValue::Word(word) => Some(word),
        DefaultValue::Absent => Some("none"),
        DefaultValue::Required
        | DefaultValue::Same(_)
        | DefaultValue::Int(_)
        | DefaultValue::Float(_)
        | DefaultValue::Bool(_) => None,
    });
    let taken = params.iter().flat_map(|param| param.kind.words().iter().copied());
    let ours: BTreeSet<&str> = defaults.chain(taken).collect();
    // The others are read so only where nothing is bound to them.
    let kept: BTreeSet<_> = words::ARGUMENTS.iter().chain(words::OPERATIONS_TOO).copied().collect();
    assert!(kept.is_subset(&ours), "{kept:?}");
    assert!(words::OPERATIONS_TOO.iter().all(|word| find(word).is_some() && !words::ARGUMENTS.contains(word)));
}

/// The symbols that the grammar speaks of: tokens, and line ends where they count.
fn symbols(text: &str) -> Vec<Symbol> {
    let mut sources = SourceSet::new();
    let id = sources.add("test.net", text);
    let lexed = lex(text, id);
    let mut symbols = Vec::new();
    let mut open: Vec<TokenKind> = Vec::new();
    let mut previous: Option<Token> = None;
    for token in lexed.tokens.iter() {
        let inline = open.last().is_some_and(|kind| *kind != TokenKind::OpenBrace);
        let after = previous.is_some_and(|token| can_end_a_line(token.kind));
        if token.line_start && !inline && after && !continues_a_line(token.kind) {
            symbols.push(Symbol { class: Some("NEWLINE"), text: "\n".into() });
        }
        if token.kind == TokenKind::End {
            break;
        }
        if token.kind.closer().is_some() {
            open.push(token.kind);
        } else if token.kind.is_closer() {
            open.pop();
        }
        let content = &text[token.start as usize..token.end as usize];
        symbols.push(Symbol { class: class(token.kind, content), text: content.into() });
        previous = Some(token);
    }
    symbols
}

/// The token rule of a token that can be written in many ways. The lexer takes more than the grammar, so that the parser
/// can say what is wrong.
fn class(kind: TokenKind, text: &str) -> Option<&'static str> {
    const RULES: [(TokenKind, &str); 5] = [
        (TokenKind::Name, "NAME"),
        (TokenKind::Path, "PATH"),
        (TokenKind::Pattern, "PATTERN"),
        (TokenKind::Number, "NUMBER"),
        (TokenKind::Str, "STRING"),
    ];
    // What stands in backquotes can be any text; here it stands for one letter.
    let outside: String = text.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "q" }).collect();
    let broken = text == "``" || text.matches('`').count() % 2 == 1;
    let malformed = broken
        || (kind == TokenKind::Path && outside.contains('*'))
        || (kind == TokenKind::Pattern && outside.split('.').any(str::is_empty));
    let rule = RULES.iter().find(|(of, _)| *of == kind).map(|(_, rule)| *rule);
    if malformed { Some("MALFORMED") } else { rule }
}

/// The second condition of the grammar's page: what stands before the line end.
fn can_end_a_line(kind: TokenKind) -> bool {
    let words = matches!(kind, TokenKind::And | TokenKind::Or | TokenKind::Not | TokenKind::In | TokenKind::If | TokenKind::Else);
    let signs = matches!(kind, TokenKind::Comma | TokenKind::Colon | TokenKind::OpenBrace | TokenKind::Semicolon);
    !(words || signs || kind.class() == TokenClass::Operator)
}

/// The third condition: what stands after it.
fn continues_a_line(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Arrow | TokenKind::OpenBrace | TokenKind::CloseBrace | TokenKind::Else | TokenKind::End)
}

/// Whether the grammar derives a text, and otherwise how far it came.
fn derives(grammar: &Grammar, text: &str) -> Result<(), String> {
    let symbols = symbols(text);
    let mut recogniser = Recogniser::new(grammar, &symbols, false);
    if recogniser.accepts("file") {
        return Ok(());
    }
    let from = recogniser.furthest.saturating_sub(8);
    let around: Vec<_> = symbols.iter().skip(from).take(12).map(|symbol| symbol.text.as_str()).collect();
    Err(format!("the grammar stops near `{}`", around.join(" ")))
}

#[test]
fn the_models_are_sentences() {
    let grammar = grammar();
    for path in common::models() {
        let text = std::fs::read_to_string(&path).expect("a model is readable");
        derives(&grammar, &text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

#[test]
fn the_parser_takes_every_sentence() {
    let grammar = grammar();
    let mut lengths = 0;
    for seed in 0..3000 {
        let mut generator = Generator::new(&grammar, seed);
        generator.rule("file");
        let text = generator.out;
        lengths += text.len();
        let parsed = parse(&text);
        assert!(parsed.errors.is_empty(), "seed {seed}: {}\n{text}", parsed.summary());
        if text.len() < 2000 {
            derives(&grammar, &text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        }
    }
    assert!(lengths > 100_000, "the sentences are too short to say much: {lengths} bytes");
}

#[test]
fn the_lexers_tokens_follow_the_rules_of_tokens() {
    let grammar = grammar();
    for path in common::models() {
        let text = std::fs::read_to_string(&path).expect("a model is readable");
        for symbol in symbols(&text) {
            let Some(rule) = symbol.class.filter(|class| *class != "NEWLINE") else { continue };
            let characters: Vec<_> = symbol.text.chars().map(|c| Symbol { class: None, text: c.to_string() }).collect();
            let accepted = Recogniser::new(&grammar, &characters, true).accepts(rule);
            assert!(accepted, "`{}` is no {rule}", symbol.text);
        }
    }
}

/// Files that are wrong without a name being looked up, one on each line; `~` stands for a line end.
const WRONG: &str = "
x = 3
net
net 3 { }
net a
net a {
net a { } }
net a { x }
net a { x = }
net a { = 3 }
net a { x = 3 y = 4 }
net a { x = 3 ~ + 4 }
net a { x ~ = 3 }
net a { x = (3, 4 }
net a { x = (3, 4] }
net a { x = () }
net a { x = f(3)(4)(5) }
net a { x = y -> }
net a { x = y -> (z) }
net a { x = y -> f(3)(4) }
net a { x = y -> f[3] }
net a { x = a < b < c }
net a { x = ** 3 }
net a { x = 3 ** }
net a { x = 3 ** not a }
net a { x = 3 ** * 4 }
net a { x = 3 ~ ** 4 }
net a { x = a == b != c }
net a { x = a.*.b }
net a { x = [3 4] }
net a { x = [, 3] }
net a { x = f(3,, 4) }
net a { x = f(b=) }
net a { x = if a }
net a { x = if a { b } else c }
net a { x = if a { b } else if { c } }
net a { x = if a { b ~ c } else { d } }
net a { x.* = 3 }
net a { x . y = 3 }
net a { f(x) = 3 }
net a { `` = 3 }
net a { `x = 3 }
net a { x.`` = 3 }
net a { x = y as }
net a { x = y as ~ z }
net a { x = y ~ as z }
net a { x = y as 3 }
net a { x = y as z as w }
net a { x = y as z.* }
net a { x = y as z(3) }
net a { x = y as z + 3 }
net a { x = y -> f as }
net a { x = y -> f as z(3) }
net a { x = [y as] }
net a { x: y as z = 3 }
net a { shared = x }
net a { shared x }
net a { shared ~ x = f }
net a { shared x = }
net a { shared x = 3 }
net a { shared x: [3] = f }
net a { shared x, y = f }
net a { shared x.y = f }
net a { shared x = y.f }
net a { shared x = y -> f }
net a { shared x = f(3)(y) }
net a { shared x = f as y }
net a { shared x = (f) }
net a { shared x = f + 3 }
net a { input x.y: [3] }
net a { output x.y = z }
net a { as = 3 }
net a { x = shared }
net a { x = y -> as }
shared x = f
net a { x, = 3 }
net a { x, y }
net a { in = 3 }
net a { x = for }
net a { input x }
net a { input ~ x: [3] }
net a { output }
net a { output x = }
net a { return x }
net a { assert }
net a { assert ~ x }
net a { refine x }
net a { refine x = 3 }
net a { refine = f(3) }
net a { refine x..y = f(3) }
net a { refine x..`y` = f(3) }
net a { refine `x = f(3) }
net a { refine x = f }
net a { for i 3 { } }
net a { for i in 0.. { } }
net a { for 3 in 0..3 { } }
net a { for i in 0..3 x = y }
net a { for i in 0..3 { input x: [3] } }
net a { for i in 0..3 { output x = y } }
net a { if a { input x: [3] } }
net a { if a { x } }
net a { x = if a { output y = z } else { b } }
net a { x = if a { for i in c { y } b } else { b } }
net a { x = if a { refine y = f(3) ~ b } else { b } }
net a { @keep }
net a { @keep; x = 3 }
net a { x = if a { @keep y -> f } else { z } }
net a { @3 x = y }
net a { net b { } }
block f { return x }
block f() { return x }
block f(x=3) { return x }
block f(a)() { return x }
block f(a)(x=3) { return x }
block f(a)(b)(x) { return x }
block f(x) { return }
block f(x) { return x ~ y = 3 }
block f(x) { input y: [3] }
block f(x) { output y = x }
block f(x) { refine y = f(3) }
block f(x) { return if a { return x } else { x } }
use
use a.net
use \"a.net\" \"b.net\"
block f(x) { return x } net a { }
@keep ~ net a { }
else { }
";

#[test]
fn parser_and_grammar_refuse_the_same() {
    let grammar = grammar();
    let wrong: Vec<_> = WRONG.lines().filter(|line| !line.is_empty()).map(|line| line.replace('~', "\n")).collect();
    for text in &wrong {
        assert!(!parse(text).errors.is_empty(), "the parser takes\n{text}");
        assert!(derives(&grammar, text).is_err(), "the grammar takes\n{text}");
    }
}
