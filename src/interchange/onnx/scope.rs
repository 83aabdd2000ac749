//! Where in its author's modules a node came from, as exporters leave it in names and remarks.
//!
//! In: a node. Out: the path of the module, segment by segment (`layer1`, `0`, `conv1`), and the class of each where it is
//! told. Three ways are read: node names of PyTorch's older exporter (`/layer1/layer1.0/conv1/Conv`), remarks of its newer
//! one (`namespace`), and names of Keras' (`model/block1/conv/Conv2D`). What is none of these has no scope.

use super::proto::{NodeProto, StringStringEntryProto};

/// The module that a node came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The path, outermost first.
    pub segments: Vec<String>,
    /// The class of each module of the path, from the outermost on, where exporters tell it: `BasicBlock`.
    pub classes: Vec<Option<String>>,
}

impl Scope {
    pub(super) fn of(node: &NodeProto) -> Self {
        let remark = |key: &str| node.metadata_props.iter().find(|entry| entry.key == key);
        if let Some(namespace) = remark("namespace") {
            return Self::of_namespace(namespace);
        }
        Self::of_name(&node.name)
    }

    /// `: ResNet/layer1: Sequential/layer1.0: BasicBlock/layer1.0.conv1: Conv2d/conv2d: aten.conv2d.default`.
    fn of_namespace(entry: &StringStringEntryProto) -> Self {
        let mut scope = Self::default();
        let mut path = String::new();
        let modules: Vec<&str> = entry.value.split('/').collect();
        // The last one is the function that was called.
        for module in modules.iter().take(modules.len().saturating_sub(1)) {
            let (name, class) = module.split_once(": ").unwrap_or((module, ""));
            let inner = name.strip_prefix(path.as_str()).map_or(name, |rest| rest.strip_prefix('.').unwrap_or(rest));
            if inner.is_empty() {
                continue;
            }
            let before = scope.segments.len();
            scope.segments.extend(inner.split('.').map(str::to_owned));
            scope.classes.resize(scope.segments.len(), None);
            let class = class.rsplit('.').next().filter(|class| !class.is_empty());
            if let (Some(last), Some(class)) = (scope.classes[before..].last_mut(), class) {
                *last = Some(class.to_owned());
            }
            name.clone_into(&mut path);
        }
        scope
    }

    /// `/layer1/layer1.0/conv1/Conv`: a module within a list repeats the list's name.
    fn of_name(name: &str) -> Self {
        let Some(inner) = name.strip_prefix('/') else { return Self::default() };
        let parts: Vec<&str> = inner.split('/').collect();
        let mut segments: Vec<String> = Vec::new();
        let mut list = "";
        for part in parts.iter().take(parts.len() - 1) {
            let own = part.strip_prefix(list).and_then(|rest| rest.strip_prefix('.')).filter(|_| !list.is_empty());
            segments.extend(own.unwrap_or(part).split('.').map(str::to_owned));
            list = part;
        }
        let classes = vec![None; segments.len()];
        Self { segments, classes }
    }

    /// The path with dots.
    #[must_use]
    pub fn path(&self) -> String {
        self.segments.join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_older_exporter_are_paths() {
        let path = |name| Scope::of_name(name).path();
        assert_eq!(path("/layer1/layer1.0/conv1/Conv"), "layer1.0.conv1");
        assert_eq!(path("/features/features.1/conv/conv.0/conv.0.0/Conv"), "features.1.conv.0.0");
        assert_eq!(path("/Flatten"), "");
        assert_eq!(path("Conv_3"), "");
    }

    #[test]
    fn remarks_of_the_newer_exporter_tell_classes() {
        let value = ": torchvision.ResNet/layer1: torch.nn.Sequential/layer1.0: torchvision.BasicBlock/layer1.0.conv1: \
                     torch.nn.Conv2d/conv2d: aten.conv2d.default";
        let scope = Scope::of_namespace(&StringStringEntryProto { key: "namespace".into(), value: value.into() });
        assert_eq!(scope.path(), "layer1.0.conv1");
        let classes: Vec<_> = scope.classes.iter().map(|class| class.as_deref().unwrap_or("")).collect();
        assert_eq!(classes, ["Sequential", "BasicBlock", "Conv2d"]);
    }
}
