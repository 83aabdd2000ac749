//! What must hold of every model.
//!
//! In: any bytes. Out: whether they are a network, or a panic where what is imported does not say itself.

use std::borrow::Cow;
use std::io::{self, Cursor};

use pointwise::compile::{NoFiles, Settings, compile, written};
use pointwise::graph::same::same;
use pointwise::graph::{Graph, NodeId};
use pointwise::interchange::onnx::{Bytes, Imported, Learned, Placement, WeightSource, export, import, read};
use pointwise::op::Op;
use pointwise::shape::{Shaped, infer};

/// Elements that are made of an array at most.
const MOST_ELEMENTS: u64 = 1 << 18;
/// Layers of a network that is written and read again.
const MOST_LAYERS: usize = 500;

/// Elements of the model's own file.
struct Own<'a>(&'a [u8]);

impl Bytes for Own<'_> {
    fn read(&mut self, file: Option<&str>, offset: u64, length: u64) -> Result<Vec<u8>, String> {
        let range = || Some(usize::try_from(offset).ok()?..usize::try_from(offset.checked_add(length)?).ok()?);
        let own = range().filter(|_| file.is_none()).and_then(|range| self.0.get(range));
        own.map(<[u8]>::to_vec).ok_or_else(|| "it is not there".to_owned())
    }
}

/// No elements: they are not asked for.
struct NoElements;

impl WeightSource for NoElements {
    fn elements(&mut self, _: &Learned) -> io::Result<Cow<'_, [f32]>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn imported(bytes: &[u8]) -> Option<Imported> {
    import(&read(Cursor::new(bytes)).ok()?).ok()
}

/// What must hold of any bytes: they are refused or a network, which says itself as text and as a model again. Whether they were a
/// network.
pub fn holds(bytes: &[u8]) -> bool {
    let Some(network) = imported(bytes) else { return false };
    for array in network.learned.values().filter(|array| network.arrays.memory(**array) < MOST_ELEMENTS * 4) {
        let _ = network.arrays.elements(*array, &mut Own(bytes));
    }
    let shaped = infer(network.graph).expect("what is imported fits");
    if shaped.graph().len() > MOST_LAYERS {
        return true;
    }
    says_itself(&shaped);
    let Ok(model) = export(&shaped) else { return true };
    let mut again = Vec::new();
    model.write(&mut again, Placement::Apart("weights"), &mut NoElements).expect("memory takes all");
    let again = match import(&read(Cursor::new(&again)).expect("what was written is read")) {
        Ok(again) => again.graph,
        Err(problems) => panic!("what was exported is not imported: {problems:?}\n{}", written(&shaped)),
    };
    assert!(
        same(shaped.graph(), &again),
        "another network comes back: {:?}\n{}",
        differs(shaped.graph(), &again),
        written(&shaped)
    );
    true
}

/// A network's text, with blocks and loops and without, makes the same network.
pub fn says_itself(shaped: &Shaped) {
    let mut texts = vec![pointwise::graph::print::print(shaped.graph())];
    texts.extend(pointwise::outline::outline(shaped).map(|outline| pointwise::outline::print(shaped.graph(), &outline)));
    for text in texts {
        let made = compile("", text.clone(), &NoFiles, &Settings::default());
        let errors: Vec<_> = made.diagnostics.iter().filter(|found| found.is_error()).map(|found| &found.message).collect();
        let Some(network) = made.network.filter(|_| errors.is_empty()) else {
            // What is too large to count is no network in any words.
            assert!(errors.iter().any(|error| error.contains("64 bits")), "it makes no network: {errors:?}\n{text}");
            continue;
        };
        assert!(
            same(shaped.graph(), network.shaped.graph()),
            "it makes another network: {:?}\n{text}",
            differs(shaped.graph(), network.shaped.graph())
        );
    }
}

/// The first layer that is another one, as both have it.
fn differs<'a>(one: &'a Graph, other: &'a Graph) -> Option<(&'a Op, Option<&'a Op>)> {
    let twin = |id: NodeId| other.find(&one.node(id).name).map(|twin| &other.node(twin).op);
    one.ids().map(|id| (&one.node(id).op, twin(id))).find(|(op, twin)| Some(*op) != *twin)
}
