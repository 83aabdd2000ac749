//! The text of an argument, as far as it has to be understood to be written in another order.
//!
//! In: what stands between two commas. Out: a [`Value`]. An expression stays the text that it is: nothing is computed here.

/// An argument's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// `-1`.
    Int(i64),
    /// `0.1`, `1e-3`.
    Number(&'a str),
    /// `True`, `true`.
    Bool(bool),
    /// `None`.
    None,
    /// `"same"`, `'same'`, and the bare word.
    Word(&'a str),
    /// `(3, 3)`, `[3, 3]`.
    List(Vec<Value<'a>>),
    /// A name or an expression.
    Other(&'a str),
}

impl<'a> Value<'a> {
    /// What a text says.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let text = text.trim();
        if let Some(inner) = inside(text, '[', ']') {
            return Self::List(pieces(inner).into_iter().map(Self::of).collect());
        }
        if let Some(inner) = inside(text, '(', ')') {
            let items = pieces(inner);
            // `(3)` is 3, and `(3,)` a list of it.
            return match items.as_slice() {
                [one] if !inner.contains(',') => Self::of(one),
                _ => Self::List(items.into_iter().map(Self::of).collect()),
            };
        }
        match text {
            "True" | "true" => Self::Bool(true),
            "False" | "false" => Self::Bool(false),
            "None" | "none" => Self::None,
            "same" | "valid" | "nearest" | "bilinear" => Self::Word(text),
            _ => Self::scalar(text),
        }
    }

    fn scalar(text: &'a str) -> Self {
        let quoted = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
        if let Some(word) = quoted.filter(|word| !word.contains(['"', '\'', '\\'])) {
            return Self::Word(word);
        }
        match text.parse::<i64>() {
            Ok(number) => Self::Int(number),
            // Rust reads `inf` and `nan` as floats, which are names here.
            Err(_) if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) && text.parse::<f64>().is_ok() => {
                Self::Number(text)
            }
            Err(_) => Self::Other(text),
        }
    }

    /// As it is written here.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Number(text) => number(text),
            Self::Bool(value) => value.to_string(),
            Self::None => "none".to_owned(),
            Self::Word(word @ ("same" | "nearest" | "bilinear" | "zero" | "reflect" | "replicate")) => (*word).to_owned(),
            Self::Word(word) => format!("\"{word}\""),
            Self::List(items) => format!("[{}]", items.iter().map(Self::written).collect::<Vec<_>>().join(", ")),
            Self::Other(text) => (*text).to_owned(),
        }
    }

    /// A plain integer.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The items of a list; one value is a list of itself.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { std::slice::from_ref(self) }
    }

    /// Whether it is the number, however written.
    #[must_use]
    pub fn is_number(&self, wanted: f64) -> bool {
        match self {
            Self::Int(number) => (*number as f64).to_bits() == wanted.to_bits(),
            Self::Number(text) => text.parse::<f64>().is_ok_and(|number| number.to_bits() == wanted.to_bits()),
            Self::Bool(_) | Self::None | Self::Word(_) | Self::List(_) | Self::Other(_) => false,
        }
    }
}

/// `.5` is `0.5` here, `1.` is `1.0`.
fn number(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.trim_start_matches('+')), |rest| ("-", rest));
    let (mantissa, exponent) = digits.find(['e', 'E']).map_or((digits, ""), |at| digits.split_at(at));
    let head = if mantissa.starts_with('.') { "0" } else { "" };
    let tail = if mantissa.ends_with('.') { "0" } else { "" };
    format!("{sign}{head}{mantissa}{tail}{exponent}")
}

/// What stands between the brackets round the whole of a text.
#[must_use]
pub fn inside(text: &str, open: char, close: char) -> Option<&str> {
    let inner = text.strip_prefix(open)?.strip_suffix(close)?;
    // The first bracket is closed by the last, not before: `(a) + (b)` stands in none.
    let mut depth = 0i32;
    let closed = unquoted(inner).all(|(_, c)| {
        depth += step(c);
        depth >= 0
    });
    (closed && depth == 0).then(|| inner.trim())
}

/// The texts between the commas that stand in no brackets.
#[must_use]
pub fn pieces(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0i32, 0);
    for (at, c) in unquoted(text) {
        depth += step(c);
        if c == ',' && depth == 0 {
            found.push(text[from..at].trim());
            from = at + 1;
        }
    }
    if !text[from..].trim().is_empty() {
        found.push(text[from..].trim());
    }
    found
}

fn step(c: char) -> i32 {
    i32::from(matches!(c, '(' | '[' | '{')) - i32::from(matches!(c, ')' | ']' | '}'))
}

/// The characters outside quotes, with their places.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    text.char_indices().filter(move |(_, c)| {
        match quote {
            Some(open) if open == *c => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(*c),
            Some(_) => {}
            None => return true,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart() {
        assert_eq!(Value::of("(3, 5)").written(), "[3, 5]");
        assert_eq!(Value::of("((1, 2), (3, 4))").written(), "[[1, 2], [3, 4]]");
        assert_eq!(Value::of("(3)"), Value::Int(3));
        assert_eq!(Value::of("(3,)").written(), "[3]");
        assert_eq!(Value::of("(a) + (b)"), Value::Other("(a) + (b)"));
        assert_eq!(Value::of("'same'"), Value::Word("same"));
        assert_eq!(Value::of("True").written(), "true");
        assert_eq!(Value::of("(k, k // 2)").written(), "[k, k // 2]");
        assert_eq!(Value::of("f(\")\", 3)"), Value::Other("f(\")\", 3)"));
        assert_eq!(Value::of("inf"), Value::Other("inf"));
        assert_eq!(Value::of("x.size(0)"), Value::Other("x.size(0)"));
    }

    #[test]
    fn numbers_are_written_as_the_language_reads_them() {
        for (text, here) in [(".5", "0.5"), ("1.", "1.0"), ("-.5", "-0.5"), ("1.e-3", "1.0e-3"), ("1e-3", "1e-3"), ("-2", "-2")] {
            assert_eq!(Value::of(text).written(), here);
        }
    }
}
