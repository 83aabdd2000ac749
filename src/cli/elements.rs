//! What `run` shows of an output: its shape, its range, and its largest elements with their labels.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use super::failure::Failure;
use super::files;
use super::room::Room;
use super::session::Session;
use crate::digits::counted;
use crate::report::fit::wrapped_lines;
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::visible::in_a_line;

/// Text that is written at once.
const CHUNK: usize = 1 << 16;

/// What an element takes among the largest, with as much again while they are sorted.
const RANK_BYTES: u64 = 48;

/// The largest elements, as they were asked for.
#[derive(Debug)]
pub(super) struct Top {
    /// How many of each image; `None` where they were not asked for.
    count: Option<usize>,
    /// The names of classes, one a line.
    labels: Option<String>,
    /// The most elements that an output has for one image.
    classes: usize,
}

impl Top {
    /// Reads the labels, and holds room for them and for what is kept to find the elements.
    pub fn read(count: Option<usize>, labels: Option<&Path>, shaped: &Shaped, room: &mut Room) -> Result<Self, Failure> {
        let labels = labels.map(files::read_text).transpose()?;
        let top = Self { count, labels, classes: classes(shaped) };
        let (classes, bytes) = (top.classes as u64, top.labels.as_ref().map_or(0, String::len) as u64);
        let ranks = (count.unwrap_or(0) as u64).min(classes).saturating_mul(RANK_BYTES);
        let names = bytes.saturating_add(classes.min(bytes).saturating_mul(size_of::<&str>() as u64));
        room.hold(names.saturating_add(ranks), "showing the largest elements with their labels")?;
        Ok(top)
    }

    /// Shows the outputs, or, where standard output is for something else, only what is wrong with the labels.
    pub fn show(&self, session: &Session, outputs: &[(String, Tensor)], is_quiet: bool) -> Result<(), Failure> {
        let names = self.labels.as_deref().map(|text| text.lines().take(self.classes).collect::<Vec<&str>>());
        for (name, tensor) in outputs {
            if let Some(names) = names.as_deref().filter(|_| self.count.is_some()) {
                count_labels(session, names, name, tensor);
            }
            if !is_quiet {
                tell(name, tensor, self.count, names.as_deref().unwrap_or_default())?;
            }
        }
        Ok(())
    }
}

/// The most elements that an output has for one image.
fn classes(shaped: &Shaped) -> usize {
    let elements = shaped.graph().outputs().iter().filter_map(|(_, id)| shaped.shape(*id).elements());
    elements.max().and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

/// Shows an output and its largest elements, as they are found: all of them may be many more bytes than the tensor.
fn tell(name: &str, tensor: &Tensor, top: Option<usize>, labels: &[&str]) -> Result<(), Failure> {
    let mut text = wrapped_lines(&describe(name, tensor), Session::width().unwrap_or(usize::MAX));
    let images = tensor.dims().first().copied().unwrap_or(1).max(1);
    let size = (tensor.data().len() / images).max(1);
    for (image, data) in tensor.data().chunks(size).enumerate().take(top.map_or(0, |_| usize::MAX)) {
        if images > 1 {
            let _ = writeln!(text, "  image {image}");
        }
        for i in largest(data, top.unwrap_or(0)) {
            let label = labels.get(i).map_or(Cow::Borrowed(""), |label| in_a_line(label));
            let _ = writeln!(text, "  {i:>5}  {:>10.4}  {label}", data[i]);
            if text.len() > CHUNK {
                Session::say(&text)?;
                text.clear();
            }
        }
    }
    Session::say(&text)
}

/// `logits  [1, 1000]  min -1.23  mean 0.01  max 2.31  3 NaN`, the numbers those of the finite elements.
fn describe(name: &str, tensor: &Tensor) -> String {
    let dims = tensor.dims().iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let finite = || tensor.data().iter().copied().filter(|x| x.is_finite());
    let count = finite().count();
    let mut text = format!("{}  [{dims}]", in_a_line(name));
    if let Some(min) = finite().reduce(f32::min) {
        let max = finite().fold(min, f32::max);
        let mean = finite().map(f64::from).sum::<f64>() / count as f64;
        let _ = write!(text, "  min {min:.4}  mean {mean:.4}  max {max:.4}");
    }
    let nan = tensor.data().iter().filter(|x| x.is_nan()).count();
    let infinite = tensor.data().len() - count - nan;
    for (count, what) in [(nan, "NaN"), (infinite, "infinite")] {
        if count > 0 {
            let _ = write!(text, "  {count} {what}");
        }
    }
    text.push('\n');
    text
}

/// Says where there are fewer names than classes.
fn count_labels(session: &Session, names: &[&str], output: &str, tensor: &Tensor) {
    let classes = tensor.data().len() / tensor.dims().first().copied().unwrap_or(1).max(1);
    if names.len() < classes {
        let names = counted(names.len(), "name");
        session.notice(&format!("warning: `--labels` has {names} for the {classes} elements of `{output}`"));
    }
}

/// Where the largest elements are, the largest first; of equal ones the first. Holds no more than are asked for.
fn largest(data: &[f32], top: usize) -> Vec<usize> {
    let before = |a: usize, b: usize| data[b].total_cmp(&data[a]).then(a.cmp(&b));
    let (top, mut found) = (top.min(data.len()), Vec::new());
    for i in 0..data.len() {
        // Twice as many as are asked for are gathered before the lesser half is given up.
        if found.len() == 2 * top {
            if top == 0 {
                break;
            }
            found.select_nth_unstable_by(top - 1, |a, b| before(*a, *b));
            found.truncate(top);
        }
        found.push(i);
    }
    found.sort_unstable_by(|a, b| before(*a, *b));
    found.truncate(top);
    found
}

#[cfg(test)]
mod tests {
    use super::largest;

    #[test]
    fn the_largest_are_those_of_a_sort() {
        let data: Vec<f32> = (0..997).map(|i| ((i * 7919) % 101) as f32 - 50.0).chain([f32::NAN, f32::NEG_INFINITY]).collect();
        let mut all: Vec<usize> = (0..data.len()).collect();
        all.sort_by(|a, b| data[*b].total_cmp(&data[*a]));
        for top in [0, 1, 2, 5, 100, 998, 999, 5000, usize::MAX] {
            assert_eq!(largest(&data, top), all[..top.min(data.len())], "{top}");
        }
        assert!(largest(&[], 3).is_empty());
    }
}
