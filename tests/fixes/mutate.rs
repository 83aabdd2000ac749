//! Damage of the kinds that typing, pasting and other languages do to a text; the same for a seed.

use pointwise::source::SourceSet;
use pointwise::syntax::lex;

/// What comes in by hand or from elsewhere.
const SNIPPETS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    "=",
    "->",
    "=>",
    "..",
    ".",
    "||",
    "&&",
    "!",
    "!=",
    "++",
    "+=",
    "-=",
    "**",
    "*",
    "==",
    "<",
    "%",
    "//",
    "/*",
    "\\\n",
    "\n",
    "\n\n",
    " ",
    "#",
    " # note\n",
    "# note )\n",
    "\"",
    "'",
    "'a'",
    "`",
    "`a`",
    "@keep ",
    "@",
    "é",
    "→",
    "（",
    "×",
    "\u{a0}",
    "\u{200b}",
    "“a”",
    "x",
    "a.b",
    "3",
    "0x10",
    "3x3",
    "1_",
    "5.",
    "64k",
    "1e",
    "True",
    "None",
    "if ",
    "else ",
    "elif ",
    "for ",
    "in ",
    "as ",
    "and ",
    "or ",
    "not ",
    "return ",
    "shared ",
    "input ",
    "output ",
    "block ",
    "net ",
    "use ",
    "def ",
    "let ",
    "assert ",
    "refine ",
    "padding=1",
    ", bias=True",
    "dim=1",
    "kernel_size=3 # k\n",
    "nn.Conv2d(3, 16, 3)",
    "nn.ReLU()",
    "torch.cat([x, x], 1)",
    "F.relu(x, # in place\n True)",
    "x.flatten(1)",
    "self.conv1(x)",
    "conv(8, 3)",
    "conv(3, 8, 3, 1)",
    " -> relu",
    "relu(relu(x))",
    "concat(x, x)",
    "a if b else c",
    "x + y",
];

/// A generator of numbers, the same on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}

/// A text with one to three things wrong with it.
pub fn mutated(text: &str, dice: &mut Dice) -> String {
    let mut text = text.to_owned();
    for _ in 0..=dice.below(3).saturating_sub(dice.below(2)) {
        text = match dice.below(3) {
            0 => characters(&text, dice),
            1 => tokens(&text, dice),
            _ => lines(&text, dice),
        };
    }
    text
}

fn characters(text: &str, dice: &mut Dice) -> String {
    let mut all: Vec<char> = text.chars().collect();
    let at = dice.below(all.len());
    match dice.below(4) {
        0 if !all.is_empty() => drop(all.remove(at)),
        1 if at + 1 < all.len() => all.swap(at, at + 1),
        2 if !all.is_empty() => all.insert(at, all[at]),
        _ => {
            let snippet = SNIPPETS[dice.below(SNIPPETS.len())];
            all.splice(at..at, snippet.chars());
        }
    }
    all.into_iter().collect()
}

fn tokens(text: &str, dice: &mut Dice) -> String {
    let mut sources = SourceSet::new();
    let id = sources.add("t.net", text);
    let tokens = lex(text, id).tokens.iter().collect::<Vec<_>>();
    let at = dice.below(tokens.len().saturating_sub(1));
    let range = |index: usize| tokens[index].start as usize..tokens[index].end as usize;
    let snippet = SNIPPETS[dice.below(SNIPPETS.len())];
    let (here, mut result) = (range(at), text.to_owned());
    match dice.below(7) {
        0 | 1 => result.replace_range(here, ""),
        2 => result.insert_str(here.end, &text[here.clone()]),
        3 => result.insert_str(here.end, &format!(" {} ", &text[here.clone()])),
        4 if at + 2 < tokens.len() => {
            let next = range(at + 1);
            let swapped = format!("{}{}{}", &text[next.clone()], &text[here.end..next.start], &text[here.clone()]);
            result.replace_range(here.start..next.end, &swapped);
        }
        5 => result.replace_range(here, snippet),
        _ => result.insert_str(here.end, snippet),
    }
    result
}

fn lines(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = dice.below(lines.len());
    match dice.below(5) {
        0 if !lines.is_empty() => drop(lines.remove(at)),
        1 if !lines.is_empty() => lines.insert(at, lines[at]),
        2 if at + 1 < lines.len() => lines.swap(at, at + 1),
        3 if !lines.is_empty() => lines[at] = lines[at].trim_end(),
        _ => lines.insert(at, SNIPPETS[dice.below(SNIPPETS.len())]),
    }
    lines.concat()
}

/// A text without one of its tokens.
pub fn without_token(text: &str, dice: &mut Dice) -> String {
    let mut sources = SourceSet::new();
    let id = sources.add("t.net", text);
    let tokens = lex(text, id).tokens.iter().collect::<Vec<_>>();
    let token = tokens[dice.below(tokens.len().saturating_sub(1))];
    format!("{}{}", &text[..token.start as usize], &text[token.end as usize..])
}
