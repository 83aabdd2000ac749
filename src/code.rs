//! The one table of diagnostic codes.
//!
//! A code has an identifier (`PW0207`), a title and a page. Pages are Markdown under `grammar/codes/`, one file a code;
//! the first `net` block of a page shows the mistake, and a test holds that it produces just this code.
//! Phases: PW01 syntax, PW02 names and values, PW03 shapes, PW04 weights, PW05 import, PW06 budgets and passes,
//! PW07 input and limits, PW9 lints.

macro_rules! codes {
    ($($name:ident $id:literal $title:literal;)*) => {
        /// What kind of finding it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code, in order of identifier.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// `PW0207`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// One line: what is wrong.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The page that `pointwise explain` prints, in Markdown.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self { $(Self::$name => include_str!(concat!("../grammar/codes/", $id, ".md")),)* }
            }
        }
    };
}

codes! {
    UnexpectedToken "PW0101" "something else was expected here";
    UnclosedDelimiter "PW0102" "a bracket is never closed";
    MalformedNumber "PW0103" "a number cannot be read";
    UnterminatedString "PW0104" "a string has no closing quote";
    StrayCharacter "PW0105" "a character that the language does not use";
    NestingTooDeep "PW0106" "nesting is too deep";
    MisplacedStatement "PW0107" "a statement stands where it may not";
    UnknownName "PW0201" "a name is not defined";
    UnknownOperation "PW0202" "no operation or block has this name";
    DuplicateDefinition "PW0203" "something is defined twice";
    UnknownArgument "PW0204" "an argument that the callee does not take";
    MissingArgument "PW0205" "an argument is missing";
    DuplicateArgument "PW0206" "an argument is given twice";
    WrongType "PW0207" "a value has the wrong type";
    InvalidValue "PW0208" "a value is outside what is allowed";
    Arithmetic "PW0209" "arithmetic that has no result";
    WrongInputs "PW0210" "wrong number of tensor inputs or results";
    RecursiveBlock "PW0211" "a block uses itself";
    UseCycle "PW0212" "files use each other in a circle";
    UnreadableUse "PW0213" "a used file cannot be read";
    NoNet "PW0214" "the file has no net, or more than one";
    NoInput "PW0215" "a net lacks an input or an output";
    UnknownPath "PW0216" "a path names no layer";
    AmbiguousPath "PW0217" "a path names more than one layer where one is needed";
    NotRefinable "PW0218" "this layer cannot take that form";
    UnknownMark "PW0219" "the compiler knows no such mark";
    UnknownKnob "PW0220" "the net has no such parameter";
    RankMismatch "PW0301" "a tensor has the wrong number of dimensions";
    ConcatMismatch "PW0302" "concat inputs differ outside the joined axis";
    BroadcastMismatch "PW0303" "shapes cannot be broadcast together";
    KernelTooLarge "PW0304" "a window is larger than its padded input";
    GroupsDivide "PW0305" "groups do not divide the channels";
    PaddingTooLarge "PW0306" "padding is larger than the window allows";
    ReshapeMismatch "PW0307" "a reshape changes the number of elements";
    ShapeAnnotation "PW0308" "a shape is not what is written";
    AxisRange "PW0309" "an axis, slice or split lies outside the tensor";
    DimensionRange "PW0310" "a dimension is zero, negative or too large";
    CountOverflow "PW0311" "a count does not fit in 64 bits";
    Divisibility "PW0312" "a dimension cannot be divided evenly";
    SharedWeights "PW0313" "shared weights have one shape in every use";
    MissingWeight "PW0401" "a weight tensor is missing";
    WeightShape "PW0402" "a weight tensor has the wrong shape";
    WeightType "PW0403" "a weight tensor has an unsupported type";
    UnusedWeight "PW0404" "a weight tensor belongs to no layer";
    BadSafetensors "PW0405" "a safetensors file is malformed";
    AmbiguousWeights "PW0406" "weights could belong to several layers";
    BadNameMap "PW0407" "a map of names cannot be used";
    PickledWeights "PW0408" "weights are pickled";
    BadOnnx "PW0501" "an ONNX file cannot be read";
    UnsupportedOnnx "PW0502" "a model holds what cannot be said here";
    UnsupportedModule "PW0503" "a network cannot be written as a PyTorch module";
    BadModelText "PW0504" "a darknet or Caffe file cannot be read";
    BadDarknetWeights "PW0505" "a file of darknet's weights does not fit";
    AssertionFailed "PW0601" "an assertion does not hold";
    BudgetUnreachable "PW0602" "no plan meets the budget";
    BadConfig "PW0603" "a configuration file cannot be used";
    NothingToDo "PW0604" "no layer can be changed as asked";
    DoubtfulBottleneck "PW0605" "a bottleneck does hardly what was meant";
    EarlierBottlenecks "PW0606" "earlier bottlenecks stand in the way";
    UnreadableFile "PW0701" "a file cannot be read";
    NotText "PW0702" "a file is not UTF-8 text";
    TooLarge "PW0703" "an input exceeds a limit";
    TooManyNodes "PW0704" "the network is too large to build";
    TooManySteps "PW0705" "building the network takes too many steps";
    TooMuchMemory "PW0706" "running needs more memory than allowed";
    BadArray "PW0707" "an .npy file is malformed or unsupported";
    BadImage "PW0708" "an image cannot be used";
    BadInput "PW0709" "an input does not fit the network";
    UnwritableFile "PW0710" "a file cannot be written";
    LintWideKernel "PW9001" "a large kernel on many channels";
    LintSimdWaste "PW9002" "a channel count wastes a SIMD block";
    LintBiasBeforeNorm "PW9003" "a convolution bias before batch normalisation";
    LintPaddingBorder "PW9004" "padding eats the border";
    LintDeadBranch "PW9005" "a value is never used";
    LintInertAssertion "PW9006" "an assertion that can never fail";
    LintLogitActivation "PW9007" "an activation after the last logits";
    LintUnusedParameter "PW9008" "a parameter or block is never used";
    LintUnusedRows "PW9009" "a stride leaves out rows or columns of the input";
    LintDearerRefinement "PW9010" "a refinement that costs more";
    LintLinearOnMap "PW9011" "a linear layer on a map";
    LintCountedPath "PW9012" "a path that hangs on a count";
    LintSilence "PW9013" "a silence that does nothing, or does not say why";
    LintOtherOrder "PW9014" "written in another framework's order";
}

impl Code {
    /// Whether a text could not be read.
    #[must_use]
    pub fn is_syntax(self) -> bool {
        self.id().starts_with("PW01")
    }

    /// Whether shapes do not fit.
    #[must_use]
    pub fn is_of_shapes(self) -> bool {
        self.id().starts_with("PW03")
    }

    /// Whether it is advice about what is valid.
    #[must_use]
    pub fn is_lint(self) -> bool {
        self.id().starts_with("PW9")
    }

    /// The code of an identifier, in any case: `pw0207`.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
    }
}
