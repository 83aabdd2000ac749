//! `Einsum`: sums of products of elements, by an equation of axes.
//!
//! In: one or two tensors and an equation such as `bij,bjk->bik`. Out: sums, a product of matrices whose rows, columns and
//! outer axes are those that the equation names, and a change of axes.

use super::super::fold::Why;
use super::super::number::Number;
use super::movement::product;
use super::pool::reduced;
use super::product::multiplied;
use super::repeat::MOST_INDICES;
use super::{Importer, Map, Use, Value};
use crate::op::Reduction;

/// Names an axis in an equation: its letter, or for `...` a number behind all letters.
type Label = u32;

/// The first label of `...`; its axes count towards it from behind.
const ELLIPSIS: Label = 0x11_0000;

/// An equation: the labels of each operand and of the output.
#[derive(Debug, PartialEq)]
struct Equation {
    operands: Vec<Vec<Label>>,
    output: Vec<Label>,
}

fn labels(term: &str, dots: usize) -> Vec<Label> {
    let (before, behind) = term.split_once("...").unwrap_or((term, ""));
    let letters = |text: &str| text.chars().map(Label::from).collect::<Vec<_>>();
    let own = if term.contains("...") { dots } else { 0 };
    let middle = (0..own as u32).rev().map(|at| ELLIPSIS + at);
    letters(before).into_iter().chain(middle).chain(letters(behind)).collect()
}

/// The output where nothing is said of it: axes that stand once, in order of their letters.
fn implied(operands: &[Vec<Label>], dots: usize) -> Vec<Label> {
    let all: Vec<Label> = operands.iter().flatten().copied().collect();
    let is_alone = |label: &Label| *label < ELLIPSIS && all.iter().filter(|own| *own == label).count() == 1;
    let mut once: Vec<Label> = all.iter().copied().filter(is_alone).collect();
    once.sort_unstable();
    labels("...", dots).into_iter().chain(once).collect()
}

fn equation(text: &str, ranks: &[usize]) -> Result<Equation, Why> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = text.split_once("->").map_or((text.as_str(), None), |(left, right)| (left, Some(right)));
    let wrong = || Why(format!("the equation `{text}` is not one of its operands"));
    let terms: Vec<&str> = left.split(',').collect();
    let is_term = |term: &&str| term.replacen("...", "", 1).chars().all(char::is_alphabetic);
    if terms.len() != ranks.len() || !terms.iter().chain(&right).all(is_term) {
        return Err(wrong());
    }
    let mut operands = Vec::new();
    for (term, rank) in terms.iter().zip(ranks) {
        let letters = term.chars().filter(|c| *c != '.').count();
        let dots = rank.checked_sub(letters).filter(|dots| *dots == 0 || term.contains("...")).ok_or_else(wrong)?;
        operands.push(labels(term, dots));
    }
    let most = operands.iter().map(|own| own.iter().filter(|label| **label >= ELLIPSIS).count()).max().unwrap_or(0);
    let output = right.map_or_else(|| implied(&operands, most), |right| labels(right, most));
    if output.iter().any(|label| !operands.iter().any(|own| own.contains(label))) {
        return Err(wrong());
    }
    Ok(Equation { operands, output })
}

/// A tensor with a label for each axis.
#[derive(Clone)]
struct Labelled {
    map: Map,
    labels: Vec<Label>,
}

impl Labelled {
    fn dim(&self, label: Label) -> Number {
        self.labels.iter().position(|own| *own == label).map_or(Number::from(1), |at| self.map.dims[at])
    }

    /// The product of the sizes of axes.
    fn size(&self, labels: &[Label]) -> Result<Number, Why> {
        product(labels.iter().map(|label| self.dim(*label))).ok_or_else(|| Why::from("images are mixed with what is in them"))
    }

    /// Its labels for which something holds.
    fn those(&self, is_meant: impl Fn(Label) -> bool) -> Vec<Label> {
        self.labels.iter().copied().filter(|label| is_meant(*label)).collect()
    }
}

struct Worker<'i, 'u, 'm> {
    importer: &'i mut Importer<'m>,
    used: &'u Use<'m>,
}

impl Worker<'_, '_, '_> {
    /// Without the axes that are not wanted: their sum.
    fn summed(&mut self, of: Labelled, is_wanted: impl Fn(Label) -> bool) -> Result<Labelled, Why> {
        let gone: Vec<bool> = of.labels.iter().map(|label| !is_wanted(*label)).collect();
        if !gone.contains(&true) {
            return Ok(of);
        }
        let map = reduced(self.importer, self.used, (&of.map, Reduction::Sum), (&gone, false))?;
        Ok(Labelled { labels: of.those(is_wanted), map })
    }

    /// With its axes in this order.
    fn ordered(&mut self, of: &Labelled, labels: &[Label]) -> Result<Labelled, Why> {
        let order: Option<Vec<usize>> = labels.iter().map(|label| of.labels.iter().position(|own| own == label)).collect();
        let order = order.filter(|order| order.len() == of.labels.len()).ok_or_else(|| Why::from("an axis of it is missing"))?;
        Ok(Labelled { map: self.importer.transposed(self.used, &of.map, &order)?, labels: labels.to_vec() })
    }

    /// As matrices: outer axes, then rows and columns of several axes each.
    fn matrices(&mut self, of: &Labelled, [outer, rows, columns]: [&[Label]; 3]) -> Result<Map, Why> {
        let ordered = self.ordered(of, &[outer, rows, columns].concat())?;
        let mut dims: Vec<Number> = outer.iter().map(|label| of.dim(*label)).collect();
        dims.extend([of.size(rows)?, of.size(columns)?]);
        self.importer.viewed(self.used, &ordered.map, dims)
    }

    /// With the diagonal of two axes that have one label, behind the others, in their place.
    fn diagonal(&mut self, of: &Labelled, label: Label) -> Result<Labelled, Why> {
        let (twice, others): (Vec<usize>, Vec<usize>) = (0..of.labels.len()).partition(|at| of.labels[*at] == label);
        let size = of.dim(label);
        let is_square = twice.len() == 2 && of.map.dims[twice[1]] == size;
        let count =
            size.known().and_then(|size| u64::try_from(size).ok()).filter(|count| is_square && *count <= MOST_INDICES as u64);
        let count = count
            .ok_or_else(|| Why::from("it takes the diagonal of axes that are not equally long, or too long to be written"))?;
        let turned = self.importer.transposed(self.used, &of.map, &[others.as_slice(), &twice].concat())?;
        let mut dims: Vec<Number> = others.iter().map(|at| of.map.dims[*at]).collect();
        dims.push(size.mul(size).ok_or_else(|| Why::from("it goes beyond 64 bits"))?);
        let flat = self.importer.viewed(self.used, &turned, dims)?;
        let axis = flat.axis(others.len()).ok_or_else(|| Why::from("it is over the images of a batch"))?;
        let chosen = (0..count).map(|place| place * (count + 1)).collect();
        let map = self.importer.taken(self.used, &flat, (others.len(), axis), chosen)?;
        Ok(Labelled { labels: others.iter().map(|at| of.labels[*at]).chain([label]).collect(), map })
    }

    fn pair(&mut self, a: Labelled, b: Labelled, output: &[Label]) -> Result<Labelled, Why> {
        let (in_a, in_b) = (a.labels.clone(), b.labels.clone());
        let a = self.summed(a, |label| in_b.contains(&label) || output.contains(&label))?;
        let b = self.summed(b, |label| in_a.contains(&label) || output.contains(&label))?;
        let outer = a.those(|label| b.labels.contains(&label) && output.contains(&label));
        let inner = a.those(|label| b.labels.contains(&label) && !output.contains(&label));
        let (rows, columns) = (a.those(|label| !b.labels.contains(&label)), b.those(|label| !a.labels.contains(&label)));
        if outer.iter().chain(&inner).any(|label| a.dim(*label) != b.dim(*label)) {
            return Err(Why::from("an axis of one operand is stretched to that of the other, which is not had here"));
        }
        let left = self.matrices(&a, [&outer, &rows, &inner])?;
        let right = self.matrices(&b, [&outer, &inner, &columns])?;
        let made = multiplied(self.importer, self.used, &[left, right])?;
        let labels = [outer.as_slice(), &rows, &columns].concat();
        let dims = labels.iter().map(|label| if a.labels.contains(label) { a.dim(*label) } else { b.dim(*label) }).collect();
        Ok(Labelled { map: self.importer.viewed(self.used, &made, dims)?, labels })
    }
}

/// A label that stands twice.
fn repeated(labels: &[Label]) -> Option<Label> {
    labels.iter().enumerate().find(|(at, label)| labels[..*at].contains(label)).map(|(_, label)| *label)
}

/// `Einsum`.
pub(super) fn einsum<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Result<Vec<Value>, Why> {
    let maps = (0..used.inputs.len()).map(|at| used.map(at).cloned()).collect::<Result<Vec<_>, _>>()?;
    let ranks: Vec<usize> = maps.iter().map(Map::rank).collect();
    let text = used.node.attributes.text("equation").ok_or_else(|| Why::from("its equation is missing"))?;
    let Equation { operands, output } = equation(text, &ranks)?;
    let mut worker = Worker { importer, used };
    let mut all = Vec::new();
    for (map, labels) in maps.into_iter().zip(operands) {
        let mut operand = Labelled { map, labels };
        while let Some(label) = repeated(&operand.labels) {
            operand = worker.diagonal(&operand, label)?;
        }
        all.push(operand);
    }
    let made = match all.as_slice() {
        [only] => worker.summed(only.clone(), |label| output.contains(&label))?,
        [a, b] => worker.pair(a.clone(), b.clone(), &output)?,
        _ => return Err(Why::from("only one or two operands are had here")),
    };
    let ordered = worker.ordered(&made, &output)?.map;
    let dims = ordered.dims.clone();
    Ok(vec![Value::Map(importer.reshaped(used, &ordered, dims)?)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_name_axes() {
        let of = |text, ranks: &[usize]| equation(text, ranks).ok().map(|found| (found.operands, found.output));
        let letters = |text: &str| text.chars().map(Label::from).collect::<Vec<_>>();
        assert_eq!(of("ij, jk -> ik", &[2, 2]), Some((vec![letters("ij"), letters("jk")], letters("ik"))));
        assert_eq!(of("ij,jk", &[2, 2]), Some((vec![letters("ij"), letters("jk")], letters("ik"))));
        let dots = vec![ELLIPSIS + 1, ELLIPSIS, Label::from('i')];
        assert_eq!(of("...i->...i", &[3]), Some((vec![dots.clone()], dots)));
        for (text, ranks) in [("ij->ij", &[3][..]), ("ij->k", &[2]), ("ij", &[2, 2]), ("i1->i", &[2])] {
            assert_eq!(of(text, ranks), None, "{text}");
        }
    }
}
