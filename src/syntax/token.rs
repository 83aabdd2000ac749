//! Tokens: what the lexer makes and the parser reads.
//!
//! A token is a kind and a byte range, so that it is small and `Copy`; its text stays in the source. Line ends are no
//! tokens but a flag on the token that follows, because whether one matters depends on where it stands.

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Whether a line end lies between it and the token before.
    pub line_start: bool,
    /// Whether the lexer reported and dropped something directly before it; parse errors there are only echoes.
    pub after_stray: bool,
    /// Byte offset of its first byte.
    pub start: u32,
    /// Byte offset after its last byte.
    pub end: u32,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident $class:ident $text:literal,)*) => {
        /// The kinds of token.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum TokenKind {
            $($(#[doc = $doc])* #[doc = concat!("`", $text, "`")] $name,)*
        }

        impl TokenKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// How it is written, or what it is called where many texts have the kind: "a name".
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The class that it belongs to.
            #[must_use]
            pub fn class(self) -> TokenClass {
                match self { $(Self::$name => TokenClass::$class,)* }
            }
        }
    };
}

/// Families of tokens, as an editor would colour them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenClass {
    /// A reserved word that begins or joins statements.
    Keyword,
    /// A reserved word that is an operator.
    WordOperator,
    /// A reserved word that is a value.
    Constant,
    /// A name or a path.
    Name,
    /// A number.
    Number,
    /// A string.
    String,
    /// An operator made of signs.
    Operator,
    /// A bracket, comma, colon or semicolon.
    Punctuation,
    /// The end of the text.
    End,
}

// Reserved words first: they are `crate::words::reserved()`, which a test compares.
kinds! {
    Use Keyword "use",
    Block Keyword "block",
    Net Keyword "net",
    Input Keyword "input",
    Output Keyword "output",
    Return Keyword "return",
    For Keyword "for",
    In Keyword "in",
    If Keyword "if",
    Else Keyword "else",
    Assert Keyword "assert",
    Refine Keyword "refine",
    Shared Keyword "shared",
    As Keyword "as",
    And WordOperator "and",
    Or WordOperator "or",
    Not WordOperator "not",
    True Constant "true",
    False Constant "false",
    /// An identifier, or any name in backquotes.
    Name Name "a name",
    /// Names joined by dots without spaces.
    Path Name "a path",
    /// A path after `refine`, in which `*` may stand.
    Pattern Name "a path pattern",
    /// An integer or a float, with its suffix.
    Number Number "a number",
    /// A string literal with its quotes.
    Str String "a string",
    Arrow Operator "->",
    Assign Operator "=",
    Eq Operator "==",
    Ne Operator "!=",
    Lt Operator "<",
    Le Operator "<=",
    Gt Operator ">",
    Ge Operator ">=",
    Plus Operator "+",
    Minus Operator "-",
    Star Operator "*",
    StarStar Operator "**",
    Slash Operator "/",
    SlashSlash Operator "//",
    Percent Operator "%",
    DotDot Operator "..",
    At Operator "@",
    OpenParen Punctuation "(",
    CloseParen Punctuation ")",
    OpenBracket Punctuation "[",
    CloseBracket Punctuation "]",
    OpenBrace Punctuation "{",
    CloseBrace Punctuation "}",
    Comma Punctuation ",",
    Colon Punctuation ":",
    Semicolon Punctuation ";",
    /// After everything.
    End End "the end of the file",
}

impl TokenKind {
    /// The reserved word that `text` is, if it is one.
    #[must_use]
    pub fn reserved(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().take_while(|kind| kind.is_reserved()).find(|kind| kind.text() == text)
    }

    /// Whether it is a reserved word.
    #[must_use]
    pub fn is_reserved(self) -> bool {
        matches!(self.class(), TokenClass::Keyword | TokenClass::WordOperator | TokenClass::Constant)
    }

    /// The closing bracket that belongs to an opening one.
    #[must_use]
    pub fn closer(self) -> Option<Self> {
        if self == Self::OpenParen {
            Some(Self::CloseParen)
        } else if self == Self::OpenBracket {
            Some(Self::CloseBracket)
        } else if self == Self::OpenBrace {
            Some(Self::CloseBrace)
        } else {
            None
        }
    }

    /// Whether it closes a bracket.
    #[must_use]
    pub fn is_closer(self) -> bool {
        matches!(self, Self::CloseParen | Self::CloseBracket | Self::CloseBrace)
    }
}
