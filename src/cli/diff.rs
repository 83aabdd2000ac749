//! Two texts as a unified diff.
//!
//! In: texts of a few thousand lines. Out: hunks with three lines of context, coloured. Myers' greedy algorithm (1986),
//! with a bound on the work beyond which everything between the common ends counts as changed.

use std::fmt::Write as _;

use crate::visible::{in_a_line, visible};

const CONTEXT: usize = 3;
const MOST_EDITS: usize = 2000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Same,
    Delete,
    Insert,
}

/// The unified diff, ANSI colours included; `what` says in a word what the new text is.
pub(super) fn unified(name: &str, what: &str, old: &str, new: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let steps = steps(&a, &b);
    let name = in_a_line(name);
    let mut text = format!("\u{1b}[1m--- {name}\n+++ {name} ({what})\u{1b}[0m\n");
    let changed: Vec<usize> = (0..steps.len()).filter(|i| steps[*i] != Step::Same).collect();
    let mut at = 0;
    while at < changed.len() {
        let mut last = at;
        while last + 1 < changed.len() && changed[last + 1] - changed[last] <= 2 * CONTEXT {
            last += 1;
        }
        let range = changed[at].saturating_sub(CONTEXT)..(changed[last] + CONTEXT + 1).min(steps.len());
        hunk(&mut text, &steps, range, (&a, &b));
        at = last + 1;
    }
    text
}

fn hunk(text: &mut String, steps: &[Step], range: std::ops::Range<usize>, (a, b): (&[&str], &[&str])) {
    let count = |steps: &[Step], not: Step| steps.iter().filter(|step| **step != not).count();
    let (mut i, mut j) = (count(&steps[..range.start], Step::Insert), count(&steps[..range.start], Step::Delete));
    let (lines_a, lines_b) = (count(&steps[range.clone()], Step::Insert), count(&steps[range.clone()], Step::Delete));
    let _ = writeln!(text, "\u{1b}[36m@@ -{},{lines_a} +{},{lines_b} @@\u{1b}[0m", i + 1, j + 1);
    for step in &steps[range] {
        let (line, mark) = match step {
            Step::Same => (a[i], " "),
            Step::Delete => (a[i], "\u{1b}[31m-"),
            Step::Insert => (b[j], "\u{1b}[32m+"),
        };
        i += usize::from(*step != Step::Insert);
        j += usize::from(*step != Step::Delete);
        let end = if *step == Step::Same { "" } else { "\u{1b}[0m" };
        let body = visible(line.strip_suffix('\n').unwrap_or(line));
        let missing = if line.ends_with('\n') { "" } else { "\n\\ No newline at end of file" };
        let _ = writeln!(text, "{mark}{body}{end}{missing}");
    }
}

fn steps(a: &[&str], b: &[&str]) -> Vec<Step> {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (middle_a, middle_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut all = vec![Step::Same; head];
    all.extend(myers(middle_a, middle_b).unwrap_or_else(|| {
        let all_gone = std::iter::repeat_n(Step::Delete, middle_a.len());
        all_gone.chain(std::iter::repeat_n(Step::Insert, middle_b.len())).collect()
    }));
    all.extend(std::iter::repeat_n(Step::Same, tail));
    all
}

/// The shortest edit script, or `None` where it is longer than [`MOST_EDITS`].
fn myers(a: &[&str], b: &[&str]) -> Option<Vec<Step>> {
    let (n, m) = (a.len() as isize, b.len() as isize);
    let offset = (MOST_EDITS + 1) as isize;
    let mut furthest = vec![0isize; 2 * MOST_EDITS + 3];
    let mut trace: Vec<Vec<isize>> = Vec::new();
    for d in 0..=(MOST_EDITS as isize) {
        trace.push(furthest[(offset - d) as usize..=(offset + d) as usize].to_vec());
        for k in (-d..=d).step_by(2) {
            let at = |k: isize| furthest[(offset + k) as usize];
            let mut x = if k == -d || (k != d && at(k - 1) < at(k + 1)) { at(k + 1) } else { at(k - 1) + 1 };
            while x < n && x - k < m && a[x as usize] == b[(x - k) as usize] {
                x += 1;
            }
            furthest[(offset + k) as usize] = x;
            if x >= n && x - k >= m {
                return Some(walk_back(&trace, (n, m)));
            }
        }
    }
    None
}

fn walk_back(trace: &[Vec<isize>], (mut x, mut y): (isize, isize)) -> Vec<Step> {
    let mut steps = Vec::new();
    for (d, row) in trace.iter().enumerate().rev() {
        let d = d as isize;
        let k = x - y;
        // Outside the row of this depth nothing had been reached: 0, as at the start.
        let at = |k: isize| usize::try_from(k + d).ok().and_then(|i| row.get(i)).copied().unwrap_or(0);
        let before = if k == -d || (k != d && at(k - 1) < at(k + 1)) { k + 1 } else { k - 1 };
        let (px, py) = if d == 0 { (0, 0) } else { (at(before), at(before) - before) };
        while x > px && y > py {
            steps.push(Step::Same);
            x -= 1;
            y -= 1;
        }
        if d > 0 {
            steps.push(if before == k + 1 { Step::Insert } else { Step::Delete });
            (x, y) = (px, py);
        }
    }
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(old: &str, new: &str) -> String {
        anstream::adapter::strip_str(&unified("x", "canonical", old, new)).to_string()
    }

    #[test]
    fn it_shows_the_line_that_changed() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
        let shown = plain(old, &old.replace("e\n", "E\nEE\n"));
        assert_eq!(shown, "--- x\n+++ x (canonical)\n@@ -2,7 +2,8 @@\n b\n c\n d\n-e\n+E\n+EE\n f\n g\n h\n");
    }

    #[test]
    fn scripts_turn_one_text_into_the_other() {
        let texts = ["", "a\n", "a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "x\ny\n", "a\nc\n"];
        for old in texts {
            for new in texts {
                let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
                let (mut i, mut out) = (0, Vec::new());
                for step in steps(&a, &b) {
                    match step {
                        Step::Same => out.push(a[i]),
                        Step::Delete => {}
                        Step::Insert => out.push(b[out.len()]),
                    }
                    i += usize::from(step != Step::Insert);
                }
                assert_eq!(out, b, "{old:?} to {new:?}");
                assert_eq!(i, a.len());
            }
        }
    }
}
