//! The modules of a class, at the places of their names.
//!
//! In: the tree of names. Out: the statements that make the modules, and how `forward` reaches them: chains are one
//! `nn.Sequential`, what only holds others is an empty module, and names that are no attributes are keys.

use super::Stop;
use super::class::{Reach, Statement, Writer};
use super::layout::Doc;
use super::python::{is_identifier, quoted};
use super::tree::{Key, Tree, is_attribute, is_reserved};
use super::turns::Run;
use crate::outline::Ref;

/// Why a module cannot be two layers, and what helps.
const SHARED: (&str, &str) =
    ("it shares weights with a layer of other arguments", "give it weights of its own, or write a model that ends in `.onnx`");

/// What holds modules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Module,
    Dict,
    /// A module that does something itself.
    Layer,
}

impl Writer<'_> {
    /// The constructor of a class that is a chain of numbered modules and nothing else.
    pub(super) fn chain(&mut self, tree: &Tree) -> Result<Option<String>, Stop> {
        let body = self.body;
        let is_whole = tree.is_dense() && tree.is_chain(body, &self.parts) && tree.steps.len() > 1;
        if !is_whole || body.inputs != 1 || body.results != [Ref::Step(body.steps.len() - 1)] {
            return Ok(None);
        }
        let Doc::Nest(_, items, close) = self.sequential(tree, "")? else { return Ok(None) };
        Ok(Some(Doc::Nest("super().__init__(".to_owned(), items, close).lines("", 8)))
    }

    /// Makes the modules of a tree, which is all of the class.
    pub(super) fn modules(&mut self, tree: &Tree) -> Result<&'static str, Stop> {
        let holder = if self.is_plain(tree) { Holder::Module } else { Holder::Dict };
        self.fill(tree, "self", "", holder)?;
        Ok(if holder == Holder::Module { "nn.Module" } else { "nn.ModuleDict" })
    }

    /// Whether everything in a place can be an attribute.
    fn is_plain(&self, tree: &Tree) -> bool {
        let fits = |(key, child): &(Key, Tree)| match key {
            Key::Name(name) => !child.holds(&self.parts) || is_attribute(name),
            Key::Run { .. } => true,
        };
        tree.children.iter().all(fits)
    }

    fn fill(&mut self, tree: &Tree, target: &str, path: &str, holder: Holder) -> Result<(), Stop> {
        for (key, child) in &tree.children {
            if !child.holds(&self.parts) {
                continue;
            }
            match key {
                Key::Name(name) => {
                    let place = Place::new(target, name, holder);
                    self.child(child, &place, &join(path, name))?;
                }
                Key::Run { stem, from, turns } => {
                    let Some(step) = child.item else { continue };
                    let called = counted(stem);
                    self.run((target, stem), step, (*from, *turns))?;
                    self.held.push((join(path, stem), step));
                    self.reach[step] = Some(Reach::Turn(format!("getattr({target}, {called})")));
                }
            }
        }
        Ok(())
    }

    fn child(&mut self, child: &Tree, place: &Place, path: &str) -> Result<(), Stop> {
        if let Some(step) = child.item.filter(|step| self.parts[*step].holds) {
            let doc = self.constructor(step)?;
            self.make(self.parts[step].choice, place, doc);
            for shared in &child.also {
                if self.forms[*shared] != self.forms[step] {
                    return Err(self.refuse(*shared, SHARED));
                }
            }
            for own in child.also.iter().chain([&step]) {
                self.reach[*own] = Some(Reach::One(place.access.clone()));
            }
            self.held.push((path.to_owned(), step));
            return self.fill(child, &place.access, path, Holder::Layer);
        }
        let (first, last) = (child.steps[0], child.steps[child.steps.len() - 1]);
        if child.is_row() && child.is_chain(self.body, &self.parts) {
            let doc = self.sequential(child, path)?;
            self.make(self.parts[first].choice, place, doc);
            self.reach[first] = Some(Reach::Chain(last + 1, place.access.clone()));
            return Ok(());
        }
        let holder = if self.is_plain(child) { Holder::Module } else { Holder::Dict };
        let bag = if holder == Holder::Module { "nn.Module()" } else { "nn.ModuleDict()" };
        self.make(None, place, Doc::Text(bag.to_owned()));
        self.fill(child, &place.access, path, holder)
    }

    fn make(&mut self, choice: Option<usize>, place: &Place, doc: Doc) {
        let (head, doc) = match &place.within {
            None => (format!("{} = ", place.access), doc),
            Some((open, name)) => (String::new(), Doc::Nest(open.clone(), vec![Doc::Text(name.clone()), doc], ")".to_owned())),
        };
        self.made.push(Statement { choice, each: None, head, doc });
    }

    /// `nn.Sequential` of a chain.
    fn sequential(&mut self, tree: &Tree, path: &str) -> Result<Doc, Stop> {
        let is_list = tree.is_list();
        let is_named = tree.children.iter().all(|(key, _)| matches!(key, Key::Name(name) if is_identifier(name)));
        let (mut items, mut next) = (Vec::new(), 0);
        for (key, child) in &tree.children {
            if let Some((from, turns)) = key.numbers().filter(|_| is_list) {
                items.extend((next..from).map(|_| Doc::Text("nn.Identity()".to_owned())));
                next = from + turns;
            }
            match key {
                Key::Name(name) => {
                    let doc = match child.item {
                        Some(step) => {
                            if self.parts[step].holds {
                                self.held.push((join(path, name), step));
                            }
                            self.constructor(step)?
                        }
                        None => self.sequential(child, &join(path, name))?,
                    };
                    items.push(if is_list {
                        doc
                    } else if is_named {
                        doc.headed(&format!("{name}="))
                    } else {
                        pair(&quoted(name), doc)
                    });
                }
                Key::Run { stem, from, turns } => {
                    let Some(step) = child.item else { continue };
                    self.held.push((join(path, stem), step));
                    for Run { from: first, count, doc, counts } in self.turns(step, *from, *turns)? {
                        let called = counted(stem);
                        let index = if counts || !is_list { "i" } else { "_" };
                        let own = if is_list { doc } else { pair(&called, doc) };
                        let range = if counts || !is_list { range(first, count) } else { range(0, count) };
                        items.push(match (count, is_list) {
                            (1, true) if !counts => own,
                            _ => starred(own, index, &range),
                        });
                    }
                }
            }
        }
        if is_list {
            return Ok(Doc::Nest("nn.Sequential(".to_owned(), items, ")".to_owned()));
        }
        let (open, close) = if is_named { ("(", "))") } else { ("([", "]))") };
        Ok(Doc::Nest(format!("nn.Sequential(OrderedDict{open}"), items, close.to_owned()))
    }

    /// The modules of a loop, one by one.
    fn run(&mut self, (target, stem): (&str, &str), step: usize, (from, turns): (usize, usize)) -> Result<(), Stop> {
        for Run { from: first, count, doc, .. } in self.turns(step, from, turns)? {
            let name = format!("{stem}{first}");
            if count == 1 && is_attribute(&name) {
                self.made.push(Statement {
                    choice: self.parts[step].choice,
                    each: None,
                    head: format!("{target}.{name} = "),
                    doc,
                });
                continue;
            }
            let each = Some(format!("for i in {}:", range(first, count)));
            let doc = Doc::Nest(format!("{target}.add_module("), vec![Doc::Text(counted(stem)), doc], ")".to_owned());
            self.made.push(Statement { choice: self.parts[step].choice, each, head: String::new(), doc });
        }
        Ok(())
    }
}

/// Where a module is kept: how it is reached, and what puts it there where it is no assignment.
struct Place {
    access: String,
    within: Option<(String, String)>,
}

impl Place {
    fn new(target: &str, name: &str, holder: Holder) -> Self {
        let said = quoted(name);
        if is_attribute(name) {
            return Self { access: format!("{target}.{name}"), within: None };
        }
        match holder {
            _ if is_reserved(name) => Self { access: format!("{target}._modules[{said}]"), within: None },
            Holder::Dict => Self { access: format!("{target}[{said}]"), within: None },
            Holder::Module | Holder::Layer => {
                Self { access: format!("getattr({target}, {said})"), within: Some((format!("{target}.add_module("), said)) }
            }
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// `("name", module)`.
fn pair(name: &str, doc: Doc) -> Doc {
    Doc::Nest("(".to_owned(), vec![Doc::Text(name.to_owned()), doc], ")".to_owned())
}

/// The name of a turn's module: `f"layer{i}"`.
fn counted(stem: &str) -> String {
    format!("f{}", quoted(&format!("{}{{i}}", stem.replace('{', "{{").replace('}', "}}"))))
}

pub(super) fn range(first: usize, count: usize) -> String {
    if first == 0 { format!("range({count})") } else { format!("range({first}, {})", first + count) }
}

/// `*[module for i in range(3)]`.
fn starred(doc: Doc, index: &str, range: &str) -> Doc {
    let tail = format!(" for {index} in {range}]");
    match doc {
        Doc::Text(text) => Doc::Text(format!("*[{text}{tail}")),
        Doc::Nest(open, items, close) => Doc::Nest(format!("*[{open}"), items, format!("{close}{tail}")),
    }
}
