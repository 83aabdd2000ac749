//! The same expression in every use of a class, with what differs by the class's parameters.

use super::fit::{Params, Place, Values};
use super::layout::Doc;
use super::python::{Arg, Kind, Py, Val};

/// Where an expression stands and what its tensors are called there.
pub(super) struct Scene<'a> {
    pub place: Place,
    pub ins: &'a [String],
    /// What its numbers are called after.
    pub name: &'a str,
}

impl Params {
    /// An expression as it is in each use; `None` where uses are not written alike.
    pub(super) fn zip(&mut self, all: &[Option<&Py>], scene: &Scene<'_>) -> Option<Doc> {
        let first = all.iter().flatten().next()?;
        Some(match first {
            Py::In(at) => {
                same(all)?;
                Doc::Text(scene.ins.get(*at)?.clone())
            }
            Py::Ins => {
                same(all)?;
                Doc::Text(match scene.ins {
                    [list] => list.clone(),
                    many => format!("[{}]", many.join(", ")),
                })
            }
            Py::Raw(text) => {
                same(all)?;
                Doc::Text(text.clone())
            }
            Py::Val(_, kind) => Doc::Text(self.value(all, *kind, scene)?),
            Py::Call(name, _) => {
                let args =
                    each(all, |py| if let Py::Call(own, args) = py { (own == name).then_some(args.as_slice()) } else { None })?;
                Doc::Nest(format!("{name}("), self.args(&args, name, scene)?, ")".to_owned())
            }
            Py::Method(_, name, _) => {
                let of = each(all, |py| if let Py::Method(of, own, _) = py { (own == name).then_some(&**of) } else { None })?;
                let args = each(all, |py| if let Py::Method(_, _, args) = py { Some(args.as_slice()) } else { None })?;
                Doc::Nest(format!("{}.{name}(", self.atom(&of, scene)?), self.args(&args, name, scene)?, ")".to_owned())
            }
            Py::Index(_, items) => {
                let of = each(all, |py| if let Py::Index(of, _) = py { Some(&**of) } else { None })?;
                let count = items.len();
                let items = self.row(all, count, scene, |py| if let Py::Index(_, items) = py { Some(items) } else { None })?;
                Doc::Nest(format!("{}[", self.atom(&of, scene)?), items, "]".to_owned())
            }
            Py::Slice(_) => {
                let parts =
                    self.row(all, 3, scene, |py| if let Py::Slice(parts) = py { Some(parts.as_slice()) } else { None })?;
                let said: Vec<String> =
                    parts.iter().map(Doc::flat).map(|t| if t == "None" { String::new() } else { t }).collect();
                let step = if said[2].is_empty() { String::new() } else { format!(":{}", said[2]) };
                Doc::Text(format!("{}:{}{step}", said[0], said[1]))
            }
            Py::Infix(op, _) => {
                let sides = self.row(all, 2, scene, |py| {
                    if let Py::Infix(own, sides) = py { (own == op).then_some(sides.as_slice()) } else { None }
                })?;
                let gap = if *op == "." { "" } else { " " };
                Doc::Text(format!("{}{gap}{op}{gap}{}", sides[0].flat(), bound(&sides[1].flat(), op)))
            }
            Py::Group(items) => {
                let items = self.row(all, items.len(), scene, |py| if let Py::Group(items) = py { Some(items) } else { None })?;
                let end = if items.len() == 1 { ",)" } else { ")" };
                Doc::Nest("(".to_owned(), items, end.to_owned())
            }
        })
    }

    fn atom(&mut self, all: &[Option<&Py>], scene: &Scene<'_>) -> Option<String> {
        self.zip(all, scene).map(|doc| doc.flat())
    }

    fn value(&mut self, all: &[Option<&Py>], kind: Kind, scene: &Scene<'_>) -> Option<String> {
        let values = each(all, |py| if let Py::Val(value, _) = py { Some(value.clone()) } else { None })?;
        if !self.follows(&values, kind, scene.name)
            && let Some(columns) = columns(&values)
            && columns.iter().all(|column| self.follows(column, kind, scene.name))
        {
            let elements: Vec<String> = columns.iter().map(|column| self.fit(column, kind, scene.place, scene.name)).collect();
            return Some(format!("({})", elements.join(", ")));
        }
        Some(self.fit(&values, kind, scene.place, scene.name))
    }

    /// Parts that every use has as many of.
    fn row<'p>(
        &mut self,
        all: &[Option<&'p Py>],
        count: usize,
        scene: &Scene<'_>,
        parts: impl Fn(&'p Py) -> Option<&'p [Py]>,
    ) -> Option<Vec<Doc>> {
        let all = each(all, |py| parts(py).filter(|own| own.len() == count))?;
        (0..count).map(|at| self.zip(&all.iter().map(|own| own.map(|own| &own[at])).collect::<Vec<_>>(), scene)).collect()
    }

    fn args(&mut self, all: &[Option<&[Arg]>], call: &str, scene: &Scene<'_>) -> Option<Vec<Doc>> {
        let first = all.iter().flatten().next()?;
        if !all.iter().flatten().all(|own| own.len() == first.len()) {
            return None;
        }
        let mut written = Vec::new();
        for (at, arg) in first.iter().enumerate() {
            let own: Vec<Option<&Arg>> = all.iter().map(|args| args.map(|args| &args[at])).collect();
            if !own.iter().flatten().all(|one| one.key == arg.key) {
                return None;
            }
            let is_default = |one: &&Arg| matches!((&one.value, &one.default), (Py::Val(value, _), Some(own)) if value == own);
            if own.iter().flatten().all(is_default) {
                continue;
            }
            let name = format!("{}.{}", scene.name, arg.key.as_deref().unwrap_or(hint(call, at)));
            let values: Vec<Option<&Py>> = own.iter().map(|one| one.map(|one| &one.value)).collect();
            let doc = self.zip(&values, &Scene { name: &name, ..*scene })?;
            written.push(match (&arg.key, doc) {
                (Some(key), Doc::Text(text)) => Doc::Text(format!("{key}={text}")),
                (Some(key), Doc::Nest(open, items, close)) => Doc::Nest(format!("{key}={open}"), items, close),
                (None, doc) => doc,
            });
        }
        Some(written)
    }
}

/// What an argument without a name counts.
fn hint(call: &str, at: usize) -> &'static str {
    let is_conv = call.contains("Conv");
    match (at, is_conv || call.contains("Linear"), call.contains("pool") || call.contains("Pool")) {
        (0, true, _) => "in",
        (1, true, _) => "out",
        (2, true, _) | (_, _, true) => "k",
        (0, ..) if call.contains("Norm") => "channels",
        _ => {
            if call == "reshape" {
                "shape"
            } else {
                "value"
            }
        }
    }
}

/// What stands behind an operator.
fn bound(text: &str, op: &str) -> String {
    let is_weak = text.contains(" + ") || text.contains(" - ") || text.contains(" / ") || text.starts_with('-');
    if op != "." && op != "+" && is_weak && !text.ends_with(')') { format!("({text})") } else { text.to_owned() }
}

/// The elements of tuples that are all as long, place by place.
fn columns(values: &Values) -> Option<Vec<Values>> {
    let elements = |value: &Val| if let Val::Tuple(all) = value { Some(all.clone()) } else { None };
    let tuples: Vec<Option<Vec<Val>>> =
        values.iter().map(|value| value.as_ref().map_or(Some(None), |value| elements(value).map(Some))).collect::<Option<_>>()?;
    let length = tuples.iter().flatten().next()?.len();
    let alike = length > 1 && tuples.iter().flatten().all(|tuple| tuple.len() == length);
    let column = |at: usize| tuples.iter().map(|tuple| tuple.as_ref().map(|tuple| tuple[at].clone())).collect();
    alike.then(|| (0..length).map(column).collect())
}

/// Something of each use, where all have it.
fn each<'p, T>(all: &[Option<&'p Py>], part: impl Fn(&'p Py) -> Option<T>) -> Option<Vec<Option<T>>> {
    all.iter().map(|py| py.map_or(Some(None), |py| part(py).map(Some))).collect()
}

fn same(all: &[Option<&Py>]) -> Option<()> {
    let mut own = all.iter().flatten();
    let first = own.next()?;
    own.all(|py| py == first).then_some(())
}
