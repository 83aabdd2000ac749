//! What building may cost, and where it stops.
//!
//! In: what is done. Out: a finding where it is too much, after which nothing is built any more. Work that grows with a name, a
//! list or a body counts for as much as it walks, so that steps bound time; nodes, instances, names and conditions bound memory.
//! A loop that only repeats errors stops turning: what it would say has been said.

use super::{Builder, Frame};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What building a network may cost at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nodes of the graph.
    pub nodes: usize,
    /// Uses of blocks, one inside the other or not.
    pub instances: usize,
    /// Bytes of all names of nodes and of uses of blocks together.
    pub name_bytes: usize,
    /// Operands and operators of all conditions together.
    pub conditions: usize,
    /// Evaluated expressions and statements.
    pub steps: u64,
    /// Depth of nested expressions and block instances together.
    pub depth: u32,
    /// Errors that are reported before building stops.
    pub errors: usize,
    /// Names that unknown ones are compared with, all together, to find what was meant.
    pub compared: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes: 1 << 19,
            instances: 1 << 17,
            name_bytes: 128 << 20,
            conditions: 1 << 19,
            steps: 20_000_000,
            depth: 200,
            errors: 200,
            compared: 1 << 20,
        }
    }
}

/// Errors that loops may repeat without a new one among them.
const MAX_REPEATS: u64 = 1000;

/// Steps that a turn of a loop counts for: it makes a path of its own.
const TURN: u64 = 4;

impl<'a> Builder<'a> {
    /// Counts a step; false when building has stopped.
    pub(super) fn step(&mut self, frame: &Frame<'a>, span: Span) -> bool {
        if self.stopped {
            return false;
        }
        // Whatever is made here gets a path that begins with that of the place.
        self.steps += 1 + walked(frame.prefix.path.len() + frame.turns.len());
        if self.steps > self.limits.steps {
            let message = format!("building the network takes more than {} steps", self.limits.steps);
            self.stop(
                frame,
                Diagnostic::error(Code::TooManySteps, message, span, "here").note("a loop turns too often, or blocks multiply"),
            );
            return false;
        }
        true
    }

    /// Counts a turn of a loop; false where it is not to be made, `turned` times after the first.
    pub(super) fn may_turn(&mut self, frame: &Frame<'a>, span: Span, turned: u64) -> bool {
        self.steps += TURN;
        // Each loop turns once whatever happened before it, for errors of its own.
        self.step(frame, span) && !(turned > 0 && self.repeats > MAX_REPEATS)
    }

    /// Counts the walk over so many bytes or values.
    pub(super) fn weigh(&mut self, bytes: usize) {
        self.steps += walked(bytes);
    }

    /// Counts a name that a node or a block's use gets; false after a report.
    pub(super) fn may_name(&mut self, frame: &Frame<'a>, name: &str, span: Span) -> bool {
        self.name_bytes += name.len();
        let fits = self.name_bytes <= self.limits.name_bytes;
        if !fits {
            let message = format!("the names of the network's layers take more than {} MiB", self.limits.name_bytes >> 20);
            let diagnostic = Diagnostic::error(Code::TooManyNodes, message, span, "the limit is reached here");
            self.stop(frame, diagnostic.help("a layer's name is the path of the names around it: shorten these"));
        }
        fits
    }

    /// Counts a use of a block; false after a report.
    pub(super) fn may_instantiate(&mut self, frame: &Frame<'a>, span: Span) -> bool {
        self.instances += 1;
        let fits = self.instances <= self.limits.instances;
        if !fits {
            let message = format!("the network uses blocks more than {} times", self.limits.instances);
            self.stop(frame, Diagnostic::error(Code::TooManyNodes, message, span, "the limit is reached here"));
        }
        fits
    }

    /// Counts a condition that is to be held against the whole network, which keeps it until then; false after a report.
    pub(super) fn may_keep(&mut self, frame: &Frame<'a>, size: usize, span: Span) -> bool {
        self.condition_size += size;
        let fits = self.condition_size <= self.limits.conditions;
        if !fits {
            let message = format!("the network's assertions have more than {} operands and operators", self.limits.conditions);
            let diagnostic = Diagnostic::error(Code::TooManyNodes, message, span, "the limit is reached here");
            self.stop(frame, diagnostic.help("each turn of a loop asserts anew: assert less in them"));
        }
        fits
    }

    /// Whether a name may be compared with so many others to find what was meant; where not, nothing is offered.
    pub(super) fn may_compare(&mut self, others: usize) -> bool {
        self.compared = self.compared.saturating_add(others);
        self.compared <= self.limits.compared
    }

    /// Whether a finding of this kind has been reported here: it is counted, and need not be made again.
    pub(super) fn again(&mut self, code: Code, span: Span) -> bool {
        let Some((_, times)) = self.seen.get_mut(&(code, Ok(span))) else { return false };
        *times += 1;
        self.repeats += 1;
        true
    }
}

/// "the same happens in 2 more instances", or in so many that they were not counted.
pub(super) fn repeated(times: u64) -> String {
    match times - 1 {
        more if more > MAX_REPEATS => format!("the same happens in more than {MAX_REPEATS} instances"),
        more => format!("the same happens in {}", crate::digits::counted(more as usize, "more instance")),
    }
}

/// Steps that a walk over so many bytes counts for.
fn walked(bytes: usize) -> u64 {
    (bytes >> 6) as u64
}
