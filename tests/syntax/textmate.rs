//! The editor grammar against the lexer: every token of the zoo gets the scope of its class.
//!
//! TextMate grammars are read by editors; this is the part of their engine that ours needs: matches with captures,
//! begin and end, includes, one line at a time, the leftmost match first and the first pattern among equals.

use fancy_regex::Regex;
use pointwise::op::table::{OPS, find};
use pointwise::source::SourceSet;
use pointwise::syntax::{TokenClass, TokenKind, lex};
use pointwise::words;
use serde_json::Value;

use super::common::{self, models};

struct Engine {
    grammar: Value,
    rules: Vec<Rule>,
}

struct Rule {
    regex: Regex,
    name: Option<String>,
    captures: Vec<(usize, String)>,
    /// Set where the rule opens a region.
    region: Option<Region>,
}

struct Region {
    end: Regex,
    end_name: Option<String>,
    patterns: Vec<usize>,
}

fn regex(pattern: &Value) -> Regex {
    let pattern = pattern.as_str().expect("a pattern is text");
    Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

fn captures(value: &Value) -> Vec<(usize, String)> {
    let Some(map) = value.as_object() else { return Vec::new() };
    map.iter()
        .map(|(number, capture)| (number.parse().expect("a capture's number"), capture["name"].as_str().expect("a scope").into()))
        .collect()
}

impl Engine {
    fn new() -> (Self, Vec<usize>) {
        let grammar: Value =
            serde_json::from_str(&common::read("grammar/pointwise.tmLanguage.json")).expect("the grammar is JSON");
        let mut engine = Self { grammar, rules: Vec::new() };
        let patterns = engine.grammar["patterns"].clone();
        let mut known = Vec::new();
        let top = engine.flatten(&patterns, &mut known);
        (engine, top)
    }

    /// The rules that a list of patterns stands for, includes resolved. `known` holds what each include gave already.
    fn flatten(&mut self, patterns: &Value, known: &mut Vec<(String, Vec<usize>)>) -> Vec<usize> {
        let mut list = Vec::new();
        for pattern in patterns.as_array().expect("patterns are a list") {
            if let Some(include) = pattern["include"].as_str() {
                list.extend(self.include(include, known));
            } else {
                list.push(self.rule(pattern, known));
            }
        }
        list
    }

    fn include(&mut self, include: &str, known: &mut Vec<(String, Vec<usize>)>) -> Vec<usize> {
        if let Some((_, rules)) = known.iter().find(|(name, _)| name == include) {
            return rules.clone();
        }
        let name = include.strip_prefix('#').expect("includes name the repository");
        let entry = self.grammar["repository"][name].clone();
        assert!(entry.is_object(), "{include} is not in the repository");
        let rules = if entry["match"].is_null() && entry["begin"].is_null() {
            self.flatten(&entry["patterns"], known)
        } else {
            vec![self.rule(&entry, known)]
        };
        known.push((include.into(), rules.clone()));
        rules
    }

    fn rule(&mut self, pattern: &Value, known: &mut Vec<(String, Vec<usize>)>) -> usize {
        let name = pattern["name"].as_str().map(str::to_owned);
        let index = self.rules.len();
        if !pattern["match"].is_null() {
            let (regex, captures) = (regex(&pattern["match"]), captures(&pattern["captures"]));
            self.rules.push(Rule { regex, name, captures, region: None });
            return index;
        }
        let end_name = captures(&pattern["endCaptures"]).pop().map(|(_, name)| name);
        let region = Region { end: regex(&pattern["end"]), end_name, patterns: Vec::new() };
        self.rules.push(Rule {
            regex: regex(&pattern["begin"]),
            name,
            captures: captures(&pattern["beginCaptures"]),
            region: Some(region),
        });
        // A region may hold itself, through an include that is still being resolved; then `all` stands for it later.
        let inner = if includes_all(&pattern["patterns"]) {
            self.later(&pattern["patterns"], known)
        } else {
            self.flatten(&pattern["patterns"], known)
        };
        self.rules[index].region.as_mut().expect("it was just set").patterns = inner;
        index
    }

    /// The rules before an include of `#all`; `usize::MAX` stands for all.
    fn later(&mut self, patterns: &Value, known: &mut Vec<(String, Vec<usize>)>) -> Vec<usize> {
        let list: Vec<Value> =
            patterns.as_array().expect("patterns are a list").iter().filter(|p| p["include"] != "#all").cloned().collect();
        let mut rules = self.flatten(&Value::Array(list), known);
        rules.push(usize::MAX);
        rules
    }

    /// The innermost scope of every byte.
    fn scopes(&self, top: &[usize], text: &str) -> Vec<String> {
        let mut scopes = vec![String::new(); text.len()];
        let mut stack: Vec<usize> = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches('\n');
            self.line(top, content, &mut stack, &mut scopes[start..start + content.len()]);
            start += line.len();
        }
        scopes
    }

    fn line(&self, top: &[usize], line: &str, stack: &mut Vec<usize>, scopes: &mut [String]) {
        let mut at = 0;
        while at <= line.len() {
            let region = stack.last().map(|rule| &self.rules[*rule]);
            let end = region.and_then(|rule| rule.region.as_ref()?.end.find_from_pos(line, at).expect("it runs"));
            let best = self.best(top, region, line, at);
            let outer = region.and_then(|rule| rule.name.clone());
            let closes = match (&end, &best) {
                (Some(end), Some((_, found))) => end.start() <= found.start(),
                (Some(_), None) => true,
                (None, _) => false,
            };
            let until = if closes { end.map(|end| end.start()) } else { best.as_ref().map(|(_, found)| found.start()) };
            paint(&mut scopes[at..until.unwrap_or(line.len())], outer.as_deref());
            if closes {
                let end = end.expect("it closes");
                let region = region.expect("only a region closes");
                let name = region.region.as_ref().and_then(|inner| inner.end_name.as_deref()).or(region.name.as_deref());
                paint(&mut scopes[end.range()], name);
                stack.pop();
                at = end.end();
                continue;
            }
            let Some((index, found)) = best else { return };
            let rule = &self.rules[index];
            paint(&mut scopes[found.range()], rule.name.as_deref());
            let groups = rule.regex.captures_from_pos(line, found.start()).expect("it runs").expect("it matched just now");
            for (number, name) in &rule.captures {
                if let Some(group) = groups.get(*number) {
                    paint(&mut scopes[group.range()], Some(name));
                }
            }
            if rule.region.is_some() {
                stack.push(index);
            }
            assert!(found.end() > found.start(), "an empty match would never end");
            at = found.end();
        }
    }

    /// The leftmost match of the patterns that count here.
    fn best<'l>(
        &self,
        top: &[usize],
        region: Option<&Rule>,
        line: &'l str,
        at: usize,
    ) -> Option<(usize, fancy_regex::Match<'l>)> {
        let patterns = region.and_then(|rule| rule.region.as_ref()).map_or(top, |region| region.patterns.as_slice());
        let mut best: Option<(usize, fancy_regex::Match<'l>)> = None;
        for index in patterns.iter().flat_map(|index| if *index == usize::MAX { top } else { std::slice::from_ref(index) }) {
            let found = self.rules[*index].regex.find_from_pos(line, at).expect("it runs");
            if let Some(found) = found.filter(|found| best.as_ref().is_none_or(|(_, best)| found.start() < best.start())) {
                best = Some((*index, found));
            }
        }
        best
    }
}

fn includes_all(patterns: &Value) -> bool {
    patterns.as_array().is_some_and(|list| list.iter().any(|pattern| pattern["include"] == "#all"))
}

fn paint(scopes: &mut [String], name: Option<&str>) {
    if let Some(name) = name {
        for scope in scopes {
            name.clone_into(scope);
        }
    }
}

/// What a token's scope may begin with.
fn wanted(class: TokenClass) -> &'static [&'static str] {
    match class {
        TokenClass::Keyword => &["keyword.control", "keyword.declaration"],
        TokenClass::WordOperator => &["keyword.operator.word"],
        TokenClass::Constant => &["constant.language"],
        TokenClass::Name => &["variable", "support.function", "entity.name"],
        TokenClass::Number => &["constant.numeric"],
        TokenClass::String => &["string.quoted", "constant.character.escape"],
        TokenClass::Operator => &["keyword.operator"],
        TokenClass::Punctuation => &["punctuation"],
        TokenClass::End => &[],
    }
}

/// Checks every token and comment of a text; how many there were.
fn check(engine: &Engine, top: &[usize], text: &str, name: &str) -> usize {
    let mut sources = SourceSet::new();
    let id = sources.add(name, text);
    let lexed = lex(text, id);
    let tokens: Vec<_> = lexed.tokens.iter().collect();
    let scopes = engine.scopes(top, text);
    for (i, token) in tokens.iter().enumerate() {
        let range = token.start as usize..token.end as usize;
        let before = i.checked_sub(1).map(|i| tokens[i].kind);
        let is_label = token.kind.is_reserved()
            && matches!(before, Some(TokenKind::OpenParen | TokenKind::Comma))
            && tokens[i + 1].kind == TokenKind::Assign;
        let class = if is_label { TokenClass::Name } else { token.kind.class() };
        let applied = tokens.get(i + 1).is_some_and(|next| next.kind == TokenKind::OpenParen) || before == Some(TokenKind::Arrow);
        let is_operation = token.kind == TokenKind::Name && applied && find(&text[range.clone()]).is_some();
        for scope in &scopes[range.clone()] {
            let fits = wanted(class).iter().any(|wanted| scope.starts_with(wanted));
            assert!(fits, "{name}: `{}` is `{scope}`", &text[range.clone()]);
            assert!(!is_operation || scope.starts_with("support.function.operation"), "{name}: `{}` is `{scope}`", &text[range]);
        }
    }
    for comment in &lexed.comments {
        let range = comment.span.start as usize..comment.span.end as usize;
        let is_comment = scopes[range.clone()].iter().all(|scope| scope.starts_with("comment.line"));
        assert!(is_comment, "{name}: `{}`", &text[range]);
    }
    tokens.len() + lexed.comments.len()
}

#[test]
fn the_zoo_is_coloured_as_the_lexer_reads_it() {
    let (engine, top) = Engine::new();
    let mut tokens = 0;
    for path in models() {
        let text = std::fs::read_to_string(&path).expect("a model is readable");
        tokens += check(&engine, &top, &text, &path.display().to_string());
    }
    assert!(tokens > 5000, "only {tokens} tokens");
}

#[test]
fn what_the_zoo_does_not_have() {
    let (engine, top) = Engine::new();
    let text = "use \"a\\\"b.net\" # c
net n(k=1_0.5e-3, m=7MiB)
{
    x: [3] = y -> depth_to_space(block=2) -> own ; z = if not k<=3 and true or false { x.0.conv[1] } else { -x//2%3**k ** 2 }
    @bottleneck(channels=64, form=\"expand\")
    w = f(if k { v = 3 # in
        v } else { max(a, b) }, net=3)
    refine stage3.*.conv2 = reduce(64)
    u = x -> upsample(2, mode=nearest)
    for [a, b] in 0..n { assert macs(in_a.b) != 3K }
    shared tower = conv(64) # here
    shared `a # b` = `my block`(3, `net`=4)
    layer1.`0/conv`.y = x -> tower as layer1.act -> `a # b` -> `odd op`(as=3) as `as`
    `input`, `a b`: [3] = (x as left, `größe` * `0`.y) -> add
    refine layer1.`0/*`.conv = reduce(64)
}
";
    check(&engine, &top, text, "example");
    let scopes = engine.scopes(&top, text);
    let scope = |piece: &str| scopes[text.find(piece).expect("it is there")].as_str();
    assert_eq!(scope("n(k"), "entity.name.function.pointwise");
    assert_eq!(scope("k=1"), "variable.parameter.pointwise");
    assert_eq!(scope("block=2"), "variable.parameter.pointwise");
    assert_eq!(scope("nearest"), "variable.language.pointwise");
    assert_eq!(scope("own"), "entity.name.function.pointwise");
    assert_eq!(scope("bottleneck"), "entity.name.tag.mark.pointwise");
    assert_eq!(scope("\\\""), "constant.character.escape.pointwise");
    assert_eq!(scope("stage3"), "variable.other.path.pointwise");
    assert_eq!(scope("in_a.b"), "variable.other.path.pointwise");
    assert_eq!(scope("shared tower"), "keyword.declaration.pointwise");
    assert_eq!(scope("tower ="), "entity.name.function.pointwise");
    assert_eq!(scope("`a # b` ="), "entity.name.function.pointwise");
    assert_eq!(scope("`my block`("), "entity.name.function.pointwise");
    assert_eq!(scope("`net`="), "variable.parameter.pointwise");
    assert_eq!(scope("`0/conv`"), "variable.other.path.pointwise");
    assert_eq!(scope("as layer1.act"), "keyword.control.pointwise");
    assert_eq!(scope("`a # b` ->"), "entity.name.function.pointwise");
    assert_eq!(scope("as=3"), "variable.parameter.pointwise");
    assert_eq!(scope("`as`\n"), "variable.other.pointwise");
    assert_eq!(scope("`größe`"), "variable.other.pointwise");
    assert_eq!(scope("`0/*`"), "variable.other.path.pointwise");
}

/// The words between `(` and `)` behind a marker in a pattern.
fn listed<'p>(pattern: &'p str, marker: &str) -> Vec<&'p str> {
    let list = pattern.split(marker).nth(1).and_then(|rest| rest.split(')').next()).expect("a list of words");
    let mut words: Vec<_> = list.split('|').collect();
    words.sort_unstable();
    words
}

fn sorted<'w>(words: impl IntoIterator<Item = &'w str>) -> Vec<&'w str> {
    let mut words: Vec<_> = words.into_iter().collect();
    words.sort_unstable();
    words
}

#[test]
fn the_grammar_knows_the_operations() {
    let grammar: Value = serde_json::from_str(&common::read("grammar/pointwise.tmLanguage.json")).expect("the grammar is JSON");
    let pattern = |rule: &str| grammar["repository"][rule]["match"].as_str().expect("a pattern").to_owned();
    let operations = || OPS.iter().map(|info| info.keyword);
    let (stage, call) = (pattern("arrow-stage"), pattern("call"));
    assert_eq!(listed(&stage, "(?:("), sorted(operations()));
    let mut called = sorted(operations().chain(words::FUNCTIONS.iter().copied()));
    called.dedup();
    let mut coloured = listed(&call, "(?:(");
    coloured.dedup();
    assert_eq!(coloured, called);
}

#[test]
fn the_grammar_knows_the_words() {
    let grammar: Value = serde_json::from_str(&common::read("grammar/pointwise.tmLanguage.json")).expect("the grammar is JSON");
    let repository = &grammar["repository"];
    let call = repository["call"]["match"].as_str().expect("a pattern");
    assert_eq!(listed(call, "(?!(?:"), sorted(words::reserved()), "no call");
    let matches = repository["keyword"]["patterns"]
        .as_array()
        .expect("patterns")
        .iter()
        .chain([&repository["constant"], &repository["argument-word"]]);
    let coloured = matches.flat_map(|rule| listed(rule["match"].as_str().expect("a pattern"), "(?:"));
    assert_eq!(sorted(coloured), sorted(words::reserved().chain(words::ARGUMENTS.iter().copied())));
}
