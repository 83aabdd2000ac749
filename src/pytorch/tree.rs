//! The modules of a class as a tree of names, so that tensors are called as ours are.
//!
//! In: the steps of a body by name. Out: a tree; which parts of it are chains, which PyTorch calls as one `nn.Sequential`, and
//! which only hold others. `layer1.0.conv1.weight` is found by the same path in both programs.

use crate::outline::{Body, Ref, What};

/// What a module is called in the one that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Name(String),
    /// `stem` and a number, for each turn of a loop.
    Run {
        stem: String,
        from: usize,
        turns: usize,
    },
}

/// A place in the tree.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The step that is this module.
    pub item: Option<usize>,
    /// Later steps that use the same one.
    pub also: Vec<usize>,
    pub children: Vec<(Key, Tree)>,
    /// All steps in it, ascending.
    pub steps: Vec<usize>,
}

/// What is known of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Whether there is an object for it in any case: it learns something or is of a class.
    pub holds: bool,
    /// Whether a module does it with one map.
    pub is_stage: bool,
    /// The choice that it stands in.
    pub choice: Option<usize>,
    /// Whether just one other step reads what it makes.
    pub is_read_once: bool,
}

impl Tree {
    /// The tree of a body, whose modules have these paths.
    pub(super) fn new(body: &Body, paths: &[String]) -> Self {
        let mut root = Self::default();
        for (at, (step, path)) in body.steps.iter().zip(paths).enumerate() {
            let mut segments: Vec<&str> = path.split('.').collect();
            let last = segments.pop().unwrap_or_default();
            let key = match step.what {
                What::Layer { .. } | What::Call { .. } => Key::Name(last.to_owned()),
                What::Loop { from, turns, .. } | What::Grow { from, turns, .. } => {
                    Key::Run { stem: last.to_owned(), from, turns }
                }
            };
            let mut place = &mut root;
            place.steps.push(at);
            for segment in segments {
                place = place.child(Key::Name(segment.to_owned()));
                place.steps.push(at);
            }
            let own = place.child(key);
            own.steps.push(at);
            match own.item {
                Some(_) => own.also.push(at),
                None => own.item = Some(at),
            }
        }
        root
    }

    fn child(&mut self, key: Key) -> &mut Self {
        let at = self.children.iter().position(|(own, _)| *own == key).unwrap_or_else(|| {
            self.children.push((key, Self::default()));
            self.children.len() - 1
        });
        &mut self.children[at].1
    }

    /// Whether there is an object in it.
    pub(super) fn holds(&self, parts: &[Part]) -> bool {
        self.steps.iter().any(|step| parts[*step].holds)
    }

    /// Whether it is a chain: each step reads the one before and nothing else does, and modules do them all.
    pub(super) fn is_chain(&self, body: &Body, parts: &[Part]) -> bool {
        let (Some(first), Some(last)) = (self.steps.first(), self.steps.last()) else { return false };
        let is_row = last - first + 1 == self.steps.len();
        let alike = |step: &usize| parts[*step].is_stage && parts[*step].choice == parts[*first].choice;
        let follows = |step: usize| {
            step == *first && body.steps[step].inputs.len() == 1
                || step > *first && body.steps[step].inputs == [Ref::Step(step - 1)] && parts[step - 1].is_read_once
        };
        let whole =
            |child: &Self| child.is_leaf() && child.also.is_empty() || child.item.is_none() && child.is_chain(body, parts);
        self.item.is_none()
            && is_row
            && self.holds(parts)
            && self.steps.iter().all(alike)
            && (*first..=*last).all(follows)
            && self.children.iter().all(|(_, child)| whole(child))
    }

    /// Whether the children are numbered from 0 on without gaps.
    pub(super) fn is_dense(&self) -> bool {
        let mut next = 0;
        self.children.iter().all(|(key, _)| {
            key.numbers().filter(|(from, _)| *from == next).is_some_and(|(from, turns)| {
                next = from + turns;
                true
            })
        })
    }

    /// Whether it reads better as one module: it holds several, or is a list.
    pub(super) fn is_row(&self) -> bool {
        self.children.len() > 1 || self.children.iter().all(|(key, _)| key.is_number())
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }

    /// Whether the children are numbered from 0 on, in order, with no more gaps than there are children.
    pub(super) fn is_list(&self) -> bool {
        let mut next = 0;
        for (key, _) in &self.children {
            let Some((from, turns)) = key.numbers().filter(|(from, _)| *from >= next) else { return false };
            if from - next > 2 {
                return false;
            }
            next = from + turns;
        }
        true
    }
}

impl Key {
    /// The first number and how many there are.
    pub(super) fn numbers(&self) -> Option<(usize, usize)> {
        match self {
            Self::Name(name) => name.parse().ok().filter(|n: &usize| n.to_string() == *name).map(|n| (n, 1)),
            Self::Run { stem, from, turns } => stem.is_empty().then_some((*from, *turns)),
        }
    }

    fn is_number(&self) -> bool {
        self.numbers().is_some()
    }
}

/// Names of what modules have themselves, which would hide one that is called so.
const RESERVED: &[&str] = &[
    "T_destination",
    "add_module",
    "affine",
    "append",
    "apply",
    "bfloat16",
    "bias",
    "buffers",
    "call_super_init",
    "children",
    "clear",
    "compile",
    "cpu",
    "cuda",
    "dilation",
    "double",
    "dump_patches",
    "elementwise_affine",
    "eps",
    "eval",
    "extend",
    "extra_repr",
    "float",
    "forward",
    "get_buffer",
    "get_extra_state",
    "get_parameter",
    "get_submodule",
    "groups",
    "half",
    "in_channels",
    "in_features",
    "init",
    "insert",
    "ipu",
    "items",
    "kernel_size",
    "keys",
    "load_state_dict",
    "modules",
    "momentum",
    "mtia",
    "named_buffers",
    "named_children",
    "named_modules",
    "named_parameters",
    "normalized_shape",
    "num_batches_tracked",
    "num_channels",
    "num_features",
    "num_groups",
    "num_parameters",
    "out_channels",
    "out_features",
    "output_padding",
    "padding",
    "padding_mode",
    "parameters",
    "pop",
    "register_backward_hook",
    "register_buffer",
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook",
    "register_module",
    "register_parameter",
    "register_state_dict_post_hook",
    "register_state_dict_pre_hook",
    "requires_grad_",
    "reset_parameters",
    "reset_running_stats",
    "running_mean",
    "running_var",
    "set_extra_state",
    "set_submodule",
    "share_memory",
    "state_dict",
    "stride",
    "to",
    "to_empty",
    "track_running_stats",
    "train",
    "training",
    "transposed",
    "type",
    "update",
    "values",
    "weight",
    "xpu",
    "zero_grad",
];

/// Whether a module can be an attribute of this name.
pub(super) fn is_attribute(name: &str) -> bool {
    super::python::is_identifier(name) && !is_reserved(name)
}

/// Whether every module has something of this name.
pub(super) fn is_reserved(name: &str) -> bool {
    name.is_empty() || name.starts_with('_') || name.starts_with("has_") || RESERVED.contains(&name)
}
