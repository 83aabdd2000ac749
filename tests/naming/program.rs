//! Random small programs that rebind names, loop, nest blocks, share weights and name layers in every way there is.

use std::fmt::Write as _;

use pointwise::random::Random;

/// The names that statements bind, chosen to collide with what lowering makes of others.
const TARGETS: &[&str] =
    &["a", "b", "a_2", "a_3", "a.b", "a.b_2", "a.blk", "a.0", "b.relu", "blk", "`odd name`", "`l/0`.conv", "x"];

/// What `as` may call a layer; each stands in a program once, since a name is had by one layer.
const NAMES: &[&str] = &[
    "stem",
    "a.conv",
    "b_2",
    "a.blk_2",
    "x.conv_2",
    "a.0.conv",
    "layer1.0",
    "`/l/0/Conv`",
    "`größe`.1",
    "b.outer.blk",
    "head_2",
];

const HEAD: &str = "block blk(x) {
    y = x -> conv(4, 1) -> relu
    return y
}

block outer(k)(x) {
    shared own = conv(4, 1)
    for i in 0..k {
        x = x -> blk -> blk
        y = x -> own -> own as y_2
        y_2 = y -> relu
        x = y_2 + x
    }
    return x
}

block plain(x) {
    x = x -> relu
    return x -> conv(4, 3, pad=1) as kernel -> bn
}

net random {
    input x: [4, 3, 3]
    input `in put`: [4, 3, 3]
    shared head = outer(1)
    shared `odd/set` = conv(4, 1)
";

pub struct Generator {
    random: Random,
    bound: Vec<&'static str>,
    names: Vec<&'static str>,
    text: String,
}

/// A program for a seed. It may be refused where `as` asks for a name that another layer has.
pub fn program(seed: u64) -> String {
    let random = Random::new(seed);
    let mut generator = Generator { random, bound: vec!["x", "`in put`"], names: NAMES.to_vec(), text: HEAD.to_owned() };
    for _ in 0..2 + generator.below(5) {
        generator.statement(1);
    }
    let last = *generator.bound.last().expect("something is bound");
    let whole = last.replace('`', "");
    let _ = write!(generator.text, "    output `out put` = {last} -> head -> `odd/set`\n    output `{whole}`\n}}\n");
    generator.text
}

impl Generator {
    fn below(&mut self, bound: usize) -> usize {
        (self.random.bits() % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn statement(&mut self, level: usize) {
        let indent = "    ".repeat(level);
        match self.below(if level < 3 { 8 } else { 6 }) {
            0 => {
                let (left, right) = (self.value(), self.pipe());
                self.bind(&indent, &format!("{left} + ({right})"));
            }
            1 => {
                let (left, right) = (self.pipe(), self.pipe());
                self.bind(&indent, &format!("({left}) + ({right})"));
            }
            2 => {
                let pipe = self.pipe();
                self.bind(&indent, &format!("relu({pipe})"));
            }
            6 => self.nested(&indent, level, "for i in 0..2"),
            7 => self.nested(&indent, level, "if true"),
            _ => {
                let pipe = self.pipe();
                self.bind(&indent, &pipe);
            }
        }
    }

    fn nested(&mut self, indent: &str, level: usize, head: &str) {
        let _ = writeln!(self.text, "{indent}{head} {{");
        for _ in 0..=self.below(2) {
            self.statement(level + 1);
        }
        let _ = writeln!(self.text, "{indent}}}");
    }

    fn bind(&mut self, indent: &str, value: &str) {
        let target = self.pick(TARGETS);
        let _ = writeln!(self.text, "{indent}{target} = {value}");
        self.bound.retain(|name| *name != target);
        self.bound.push(target);
    }

    fn value(&mut self) -> &'static str {
        let bound = self.bound.clone();
        self.pick(&bound)
    }

    fn pipe(&mut self) -> String {
        let mut pipe = self.value().to_owned();
        if self.below(6) == 0 {
            pipe = format!("({pipe} * 2.0){}", self.name());
        }
        for _ in 0..=self.below(3) {
            let stage = self.pick(&[
                "relu",
                "clamp(max=6)",
                "sqrt",
                "conv(4, 1)",
                "conv(4, 3, pad=1)",
                "bn",
                "blk",
                "outer(2)",
                "plain",
                "head",
                "`odd/set`",
            ]);
            let _ = write!(pipe, " -> {stage}{}", self.name());
        }
        pipe
    }

    /// Now and then ` as name`.
    fn name(&mut self) -> String {
        if self.names.is_empty() || self.below(5) > 0 {
            return String::new();
        }
        let at = self.below(self.names.len());
        format!(" as {}", self.names.remove(at))
    }
}
