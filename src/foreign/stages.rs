//! Calls as they are written here, and how they are put together round their inputs.

/// Where the tensors stand that flow into a pasted call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inputs<'a> {
    /// Before an arrow.
    Piped,
    /// In a list of their own behind the arguments: its text with its parentheses.
    Apart(&'a str),
    /// Among the arguments, or nowhere.
    Inside,
    /// Before a dot: `x.view(-1)`.
    Method(&'a str),
}

/// A call without its inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    pub(super) keyword: &'static str,
    /// Parameters and their values, in the order in which they are written.
    pub(super) args: Vec<(&'static str, String)>,
}

/// Calls that flow into each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stages(pub(super) Vec<Stage>);

/// What stands in place of a pasted call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// In place of the name and the list of its arguments.
    pub call: String,
    /// In place of the list of tensors behind it, where that changes.
    pub inputs: Option<String>,
    /// Behind all of it.
    pub behind: String,
}

/// The parameters that are written by position; all others are written by name.
#[must_use]
pub fn leading(keyword: &str) -> &'static [&'static str] {
    match keyword {
        "conv" | "conv_transpose" => &["out", "k"],
        "linear" | "adaptive_avgpool" | "adaptive_maxpool" => &["out"],
        "dwconv" | "maxpool" | "avgpool" => &["k"],
        "group_norm" | "channel_shuffle" => &["groups"],
        "depth_to_space" | "space_to_depth" => &["block"],
        "lrn" => &["size"],
        "leaky_relu" => &["slope"],
        "elu" => &["alpha"],
        "dropout" => &["p"],
        "split" => &["parts"],
        "mean" | "sum" | "amax" | "amin" | "prod" | "l1" | "l2" | "transpose" | "squeeze" | "unsqueeze" => &["axes"],
        "reshape" | "expand" => &["shape"],
        "repeat" => &["times"],
        "gather" => &["indices"],
        "pad" => &["pad"],
        _ => &[],
    }
}

impl Stage {
    pub(super) const fn new(keyword: &'static str) -> Self {
        Self { keyword, args: Vec::new() }
    }

    pub(super) fn arg(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// `conv(64, 3, stride=2)`, or the name alone.
    pub(super) fn text(&self) -> String {
        let leading = leading(self.keyword);
        let mut ordered: Vec<&(&str, String)> = self.args.iter().collect();
        ordered.sort_by_key(|(name, _)| leading.iter().position(|first| first == name).unwrap_or(leading.len()));
        let texts = ordered
            .iter()
            .enumerate()
            .map(|(at, (name, value))| if leading.get(at) == Some(name) { value.clone() } else { format!("{name}={value}") });
        let list = texts.collect::<Vec<_>>().join(", ");
        if list.is_empty() { self.keyword.to_owned() } else { format!("{}({list})", self.keyword) }
    }
}

impl From<Stage> for Stages {
    fn from(stage: Stage) -> Self {
        Self(vec![stage])
    }
}

impl Stages {
    pub(super) fn then(mut self, stage: Stage) -> Self {
        self.0.push(stage);
        self
    }

    /// `conv(64, 3) -> relu`, for a pipe and for messages.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(Stage::text).collect::<Vec<_>>().join(" -> ")
    }

    /// The calls round their inputs; `tensors` are those that stood among the arguments. `None` where several calls have no
    /// input to be put round.
    pub(super) fn round(&self, inputs: Inputs<'_>, tensors: Option<&str>, opened: Option<String>) -> Option<Written> {
        let (first, later) = self.0.split_first()?;
        // A call binds tighter than an arrow, so that the text means the same within a larger expression.
        let before: String = later.iter().rev().flat_map(|stage| [stage.text(), "(".to_owned()]).collect();
        let behind = ")".repeat(later.len());
        let written = |call, behind| Written { call, inputs: None, behind };
        Some(match (inputs, tensors) {
            (Inputs::Piped, None) => written(self.text(), String::new()),
            (Inputs::Apart(_), None) => Written { call: format!("{before}{}", first.text()), inputs: opened, behind },
            (Inputs::Method(tensor), None) => written(format!("{before}{}({tensor}){behind}", first.text()), String::new()),
            // `x.add(y)`
            (Inputs::Method(tensor), Some(more)) if first.args.is_empty() => {
                written(format!("{before}{}({tensor}, {more}){behind}", first.text()), String::new())
            }
            (Inputs::Piped | Inputs::Apart(_) | Inputs::Method(_), Some(_)) => return None,
            (Inputs::Inside, Some(tensors)) => written(Self::inside(first, &before, tensors) + &behind, String::new()),
            (Inputs::Inside, None) => later.is_empty().then(|| written(first.text(), String::new()))?,
        })
    }

    /// Tensors and arguments by name may share a list.
    fn inside(first: &Stage, before: &str, tensors: &str) -> String {
        let named = |(name, value): &(&str, String)| format!("{name}={value}");
        let positional = first.args.iter().any(|(name, _)| leading(first.keyword).contains(name));
        if first.args.is_empty() || positional {
            return format!("{before}{}({tensors})", first.text());
        }
        let args: Vec<String> = first.args.iter().map(named).collect();
        format!("{before}{}({tensors}, {})", first.keyword, args.join(", "))
    }
}
