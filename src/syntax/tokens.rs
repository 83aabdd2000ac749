//! The tokens of a file, in little room: a file may have millions, and all of them are there while its tree is made.
//!
//! In: tokens in order. Out: the same tokens by index. A token takes eight bytes: where it starts, and its kind, flags and
//! length in one number. The ends of the few that are too long for that are kept beside.

use super::token::{Token, TokenKind};

/// Tokens in order of position.
#[derive(Debug, Default)]
pub struct Tokens {
    packed: Vec<Packed>,
    /// Index and end of those that are too long, in order.
    long: Vec<(usize, u32)>,
}

/// A token: from the lowest bit on its kind, whether it begins a line, whether it stands after a stray, and its length.
#[derive(Debug, Clone, Copy)]
struct Packed {
    start: u32,
    rest: u32,
}

const KIND_BITS: u32 = 6;
const LINE_START: u32 = 1 << KIND_BITS;
const AFTER_STRAY: u32 = 1 << (KIND_BITS + 1);
const LENGTH_SHIFT: u32 = KIND_BITS + 2;
/// The length of those that are longer than can be told.
const LONG: u32 = u32::MAX >> LENGTH_SHIFT;

const _: () = assert!(TokenKind::ALL.len() <= 1 << KIND_BITS);

impl Tokens {
    /// None, with room for so many.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self { packed: Vec::with_capacity(count), long: Vec::new() }
    }

    /// Adds one behind the others.
    pub fn push(&mut self, token: Token) {
        let length = (token.end - token.start).min(LONG);
        if length == LONG {
            self.long.push((self.packed.len(), token.end));
        }
        let line_start = if token.line_start { LINE_START } else { 0 };
        let after_stray = if token.after_stray { AFTER_STRAY } else { 0 };
        let rest = token.kind as u32 | line_start | after_stray | length << LENGTH_SHIFT;
        self.packed.push(Packed { start: token.start, rest });
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// The token of this index.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Token> {
        let Packed { start, rest } = *self.packed.get(index)?;
        let end = match rest >> LENGTH_SHIFT {
            LONG => self.long.binary_search_by_key(&index, |(of, _)| *of).map_or(start, |at| self.long[at].1),
            length => start + length,
        };
        let kind = TokenKind::ALL[(rest & (LINE_START - 1)) as usize];
        Some(Token { kind, line_start: rest & LINE_START != 0, after_stray: rest & AFTER_STRAY != 0, start, end })
    }

    /// Index of the first that begins there or later; how many there are where none does.
    #[must_use]
    pub fn first_at(&self, offset: u32) -> usize {
        self.packed.partition_point(|token| token.start < offset)
    }

    /// The last one.
    #[must_use]
    pub fn last(&self) -> Option<Token> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Token> {
        self.range(0, self.len())
    }

    /// Those from one index up to, not including, another.
    pub fn range(&self, from: usize, to: usize) -> impl Iterator<Item = Token> {
        (from..to).map_while(|index| self.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::{LONG, Token, TokenKind, Tokens};

    #[test]
    fn what_goes_in_comes_out() {
        let mut tokens = Tokens::default();
        let lengths = [0, 1, LONG - 1, LONG, LONG + 1, 3];
        let kinds = TokenKind::ALL.iter().cycle().enumerate();
        let all: Vec<Token> = kinds
            .take(3 * TokenKind::ALL.len())
            .map(|(i, kind)| {
                let (start, length) = (7 * i as u32, lengths[i % lengths.len()]);
                Token { kind: *kind, line_start: i % 2 == 0, after_stray: i % 3 == 0, start, end: start + length }
            })
            .collect();
        for token in &all {
            tokens.push(*token);
        }
        assert_eq!(tokens.iter().collect::<Vec<_>>(), all);
        assert_eq!((tokens.len(), tokens.last(), tokens.get(all.len())), (all.len(), all.last().copied(), None));
        assert_eq!([0, 7, 8, u32::MAX].map(|offset| tokens.first_at(offset)), [0, 1, 2, all.len()]);
        assert!(tokens.range(2, 4).eq(all[2..4].iter().copied()));
    }
}
