//! A reader of EBNF, and a recogniser and a generator made from what it reads.

use std::collections::{BTreeMap, BTreeSet};

use super::common::Random;

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Text(String),
    Words(String),
    Rule(String),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Optional(Box<Node>),
    Many(Box<Node>),
    Except(Box<Node>, Box<Node>),
}

pub struct Grammar {
    pub rules: BTreeMap<String, Node>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Words(String),
    Name(String),
    Sign(char),
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut rest = text;
    let mut pieces = Vec::new();
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return pieces };
        if let Some(after) = rest.strip_prefix("(*") {
            rest = after.split_once("*)").expect("remarks are closed").1;
        } else if first == '\'' || first == '?' {
            // A text may hold the quotation mark of the other kind, but not its own.
            let (inner, after) = rest[1..].split_once(first).expect("texts are closed");
            let inner = inner.trim_matches(|c| first == '?' && c == ' ').to_owned();
            pieces.push(if first == '?' { Piece::Words(inner) } else { Piece::Text(inner) });
            rest = after;
        } else if first.is_ascii_alphabetic() {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            pieces.push(Piece::Name(rest[..end].into()));
            rest = &rest[end..];
        } else {
            pieces.push(Piece::Sign(first));
            rest = &rest[first.len_utf8()..];
        }
    }
}

struct Reader {
    pieces: std::iter::Peekable<std::vec::IntoIter<Piece>>,
}

impl Reader {
    fn sign(&mut self, sign: char) -> bool {
        self.pieces.next_if_eq(&Piece::Sign(sign)).is_some()
    }

    fn choice(&mut self) -> Node {
        let mut list = vec![self.sequence()];
        while self.sign('|') {
            list.push(self.sequence());
        }
        if list.len() == 1 { list.remove(0) } else { Node::Choice(list) }
    }

    fn sequence(&mut self) -> Node {
        let mut list = Vec::new();
        while let Some(node) = self.factor() {
            let node = if self.sign('-') { Node::Except(Box::new(node), Box::new(self.factor().expect("a term"))) } else { node };
            list.push(node);
        }
        if list.len() == 1 { list.remove(0) } else { Node::Sequence(list) }
    }

    fn factor(&mut self) -> Option<Node> {
        for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
            if self.sign(open) {
                let inner = self.choice();
                assert!(self.sign(close), "expected `{close}`, found {:?}", self.pieces.peek());
                return Some(match open {
                    '[' => Node::Optional(Box::new(inner)),
                    '{' => Node::Many(Box::new(inner)),
                    _ => inner,
                });
            }
        }
        let piece = self.pieces.next_if(|piece| !matches!(piece, Piece::Sign(_)))?;
        Some(match piece {
            Piece::Text(text) => Node::Text(text),
            Piece::Words(words) => Node::Words(words),
            Piece::Name(name) => Node::Rule(name),
            Piece::Sign(sign) => unreachable!("`{sign}` was left out"),
        })
    }
}

impl Grammar {
    pub fn read(text: &str) -> Self {
        let mut reader = Reader { pieces: pieces(text).into_iter().peekable() };
        let mut rules = BTreeMap::new();
        while let Some(piece) = reader.pieces.next() {
            let Piece::Name(name) = piece else { panic!("expected a rule's name, found {piece:?}") };
            assert!(reader.sign('='), "expected `=` after {name}");
            let node = reader.choice();
            assert!(reader.sign(';'), "expected `;` at the end of {name}, found {:?}", reader.pieces.peek());
            assert!(rules.insert(name.clone(), node).is_none(), "{name} is defined twice");
        }
        Self { rules }
    }

    /// The rules that a rule names.
    pub fn used(node: &Node, into: &mut BTreeSet<String>) {
        match node {
            Node::Text(_) | Node::Words(_) => {}
            Node::Rule(name) => {
                into.insert(name.clone());
            }
            Node::Sequence(list) | Node::Choice(list) => list.iter().for_each(|node| Self::used(node, into)),
            Node::Optional(inner) | Node::Many(inner) => Self::used(inner, into),
            Node::Except(a, b) => [a, b].into_iter().for_each(|node| Self::used(node, into)),
        }
    }

    /// All quoted texts.
    pub fn texts(node: &Node, into: &mut BTreeSet<String>) {
        match node {
            Node::Text(text) => {
                into.insert(text.clone());
            }
            Node::Words(_) | Node::Rule(_) => {}
            Node::Sequence(list) | Node::Choice(list) => list.iter().for_each(|node| Self::texts(node, into)),
            Node::Optional(inner) | Node::Many(inner) => Self::texts(inner, into),
            Node::Except(a, b) => [a, b].into_iter().for_each(|node| Self::texts(node, into)),
        }
    }
}

/// A symbol of the input: its text, and the token rule that it belongs to, if it is one of many.
#[derive(Debug, Clone)]
pub struct Symbol {
    pub class: Option<&'static str>,
    pub text: String,
}

/// Decides whether a rule derives a whole input, trying all alternatives.
pub struct Recogniser<'g> {
    grammar: &'g Grammar,
    input: &'g [Symbol],
    /// Whether the input is characters, so that token rules are looked into.
    by_character: bool,
    known: BTreeMap<(&'g str, usize), BTreeSet<usize>>,
    pub furthest: usize,
}

impl<'g> Recogniser<'g> {
    pub fn new(grammar: &'g Grammar, input: &'g [Symbol], by_character: bool) -> Self {
        Self { grammar, input, by_character, known: BTreeMap::new(), furthest: 0 }
    }

    pub fn accepts(&mut self, rule: &'g str) -> bool {
        self.rule(rule, 0).contains(&self.input.len())
    }

    fn rule(&mut self, name: &'g str, at: usize) -> BTreeSet<usize> {
        if let Some(ends) = self.known.get(&(name, at)) {
            return ends.clone();
        }
        let is_token = name.chars().all(|c| c.is_ascii_uppercase());
        let ends = if is_token && !self.by_character {
            self.symbol(at, |symbol| symbol.class == Some(name))
        } else {
            let grammar = self.grammar;
            self.ends(&grammar.rules[name], at)
        };
        self.known.insert((name, at), ends.clone());
        ends
    }

    fn symbol(&mut self, at: usize, fits: impl Fn(&Symbol) -> bool) -> BTreeSet<usize> {
        self.furthest = self.furthest.max(at);
        if self.input.get(at).is_some_and(fits) { BTreeSet::from([at + 1]) } else { BTreeSet::new() }
    }

    fn ends(&mut self, node: &'g Node, at: usize) -> BTreeSet<usize> {
        match node {
            Node::Text(text) if self.by_character => {
                let mut end = at;
                let fits = text.chars().all(|c| {
                    end += 1;
                    self.input.get(end - 1).is_some_and(|symbol| symbol.text.starts_with(c))
                });
                if fits { BTreeSet::from([end]) } else { BTreeSet::new() }
            }
            Node::Text(text) => self.symbol(at, |symbol| symbol.class.is_none() && symbol.text == *text),
            Node::Words(words) => self.symbol(at, |symbol| described(words, symbol.text.chars().next().unwrap_or('\n'))),
            Node::Rule(name) => self.rule(name, at),
            Node::Sequence(list) => {
                let mut ends = BTreeSet::from([at]);
                for node in list {
                    ends = ends.iter().flat_map(|at| self.ends(node, *at)).collect();
                }
                ends
            }
            Node::Choice(list) => list.iter().flat_map(|node| self.ends(node, at)).collect(),
            Node::Optional(inner) => {
                let mut ends = self.ends(inner, at);
                ends.insert(at);
                ends
            }
            Node::Many(inner) => {
                let mut ends = BTreeSet::from([at]);
                let mut fresh = vec![at];
                while let Some(at) = fresh.pop() {
                    fresh.extend(self.ends(inner, at).into_iter().filter(|end| ends.insert(*end)));
                }
                ends
            }
            Node::Except(a, b) => {
                let without = self.ends(b, at);
                self.ends(a, at).difference(&without).copied().collect()
            }
        }
    }
}

fn described(words: &str, c: char) -> bool {
    match words {
        "a to z, A to Z or _" => c.is_ascii_alphabetic() || c == '_',
        "0 to 9" => c.is_ascii_digit(),
        "any character but a quotation mark, a backslash and a line end" => !matches!(c, '"' | '\\' | '\n'),
        "any character but a backquote and a line end" => !matches!(c, '`' | '\n' | '\r'),
        other => panic!("nobody knows what `{other}` means"),
    }
}

/// Writes random sentences.
pub struct Generator<'g> {
    grammar: &'g Grammar,
    random: Random,
    depth: usize,
    pub out: String,
}

impl<'g> Generator<'g> {
    pub fn new(grammar: &'g Grammar, seed: u64) -> Self {
        Self { grammar, random: Random(seed), depth: 0, out: String::new() }
    }

    pub fn rule(&mut self, name: &str) {
        if name == "NEWLINE" {
            self.out.push('\n');
            return;
        }
        if name.chars().all(|c| c.is_ascii_uppercase()) {
            let token = self.token(name);
            self.out.push_str(&token);
            self.out.push(' ');
            return;
        }
        self.depth += 1;
        let grammar = self.grammar;
        self.node(&grammar.rules[name], " ");
        self.depth -= 1;
    }

    /// A token's text: without spaces, and none of the reserved words.
    fn token(&mut self, name: &str) -> String {
        let before = std::mem::take(&mut self.out);
        let grammar = self.grammar;
        let mut reserved = BTreeSet::new();
        Grammar::texts(&grammar.rules["reserved"], &mut reserved);
        let token = loop {
            self.node(&grammar.rules[name], "");
            let token = std::mem::take(&mut self.out);
            if !reserved.contains(&token) {
                break token;
            }
        };
        self.out = before;
        token
    }

    fn node(&mut self, node: &Node, space: &str) {
        match node {
            Node::Text(text) => {
                self.out.push_str(text);
                self.out.push_str(space);
            }
            Node::Words(words) => {
                let alphabet: &[char] = match words.as_str() {
                    "a to z, A to Z or _" => &['a', 'b', 'z', 'A', '_'],
                    "0 to 9" => &['0', '1', '9'],
                    _ => &['a', ' ', '/', 'é', '#', '.', '\''],
                };
                self.out.push(alphabet[self.random.below(alphabet.len())]);
            }
            Node::Rule(name) if space.is_empty() => {
                let grammar = self.grammar;
                self.node(&grammar.rules[name], space);
            }
            Node::Rule(name) => self.rule(name),
            Node::Sequence(list) => list.iter().for_each(|node| self.node(node, space)),
            Node::Choice(list) => {
                let deep = self.depth > 40;
                let chosen = if deep { shallow(list) } else { self.random.below(list.len()) };
                self.node(&list[chosen], space);
            }
            Node::Optional(inner) => {
                if self.wants_more() {
                    self.node(inner, space);
                }
            }
            Node::Many(inner) => {
                // Within tokens twice at most, or numbers outgrow what they may be.
                let mut left = if space.is_empty() { 1 } else { 3 };
                while left > 0 && self.wants_more() {
                    self.node(inner, space);
                    left -= 1;
                }
            }
            Node::Except(kept, _) => self.node(kept, space),
        }
    }

    /// Rarer the deeper the sentence is, so that it ends.
    fn wants_more(&mut self) -> bool {
        self.random.below(100)
            < if self.depth < 12 {
                55
            } else if self.depth < 25 {
                20
            } else {
                2
            }
    }
}

/// The alternative that ends soonest: a token or text where there is one.
fn shallow(list: &[Node]) -> usize {
    let ends = |node: &Node| match node {
        Node::Text(_) | Node::Words(_) => true,
        Node::Rule(name) => {
            name.chars().all(|c| c.is_ascii_uppercase()) || name == "comparison" || name == "power" || name == "common"
        }
        Node::Sequence(_) | Node::Choice(_) | Node::Optional(_) | Node::Many(_) | Node::Except(..) => false,
    };
    list.iter().position(ends).unwrap_or(0)
}
