//! `--set size=160,192,224`: all combinations of values.
//!
//! In: `--set` as it was given, each parameter once. Out: [`Sweep`], the list of combinations, each a `--set` of single values.

use super::failure::Failure;
use super::options::in_a_shell;
use crate::digits::grouped;

/// The most combinations that are counted.
pub(super) const MOST: usize = 10_000;

/// The values of each parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sweep {
    axes: Vec<(String, Vec<String>)>,
}

impl Sweep {
    /// The sweep that `--set` asks for; `None` where every parameter has one value.
    pub fn new(set: &[(String, String)]) -> Result<Option<Self>, Failure> {
        each_once(set)?;
        let mut axes: Vec<(String, Vec<String>)> = Vec::new();
        for (name, text) in set {
            let values: Vec<String> = split(text).into_iter().map(|value| value.trim().to_owned()).collect();
            if values.len() > 1 && values.iter().any(String::is_empty) {
                let message = format!("a value is missing in `--set {name}={text}`");
                return Err(Failure::usage(message).help("write a value on each side of a comma, or quote text that holds one"));
            }
            axes.push((name.clone(), values));
        }
        Ok(axes.iter().any(|(_, values)| values.len() > 1).then_some(Self { axes }))
    }

    /// The parameters, in the order in which they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.axes.iter().map(|(name, _)| name.as_str())
    }

    /// How many combinations there are of this many networks; refused beyond [`MOST`].
    pub fn count(&self, networks: usize) -> Result<usize, Failure> {
        let lengths = self.axes.iter().map(|(_, values)| values.len() as u64);
        let count = lengths.fold(networks as u64, u64::saturating_mul);
        if count > MOST as u64 {
            let message = format!("this makes {} combinations, and at most {} are counted", grouped(count), grouped(MOST as u64));
            return Err(Failure::usage(message).help("give fewer values"));
        }
        Ok(count as usize)
    }

    /// All combinations; the last parameter changes first.
    pub fn combinations(&self) -> impl Iterator<Item = Vec<(String, String)>> + '_ {
        let count: usize = self.axes.iter().map(|(_, values)| values.len()).product();
        (0..count).map(|index| {
            let mut rest = index;
            let mut set: Vec<_> = self
                .axes
                .iter()
                .rev()
                .map(|(name, values)| {
                    let value = values[rest % values.len()].clone();
                    rest /= values.len();
                    (name.clone(), value)
                })
                .collect();
            set.reverse();
            set
        })
    }
}

/// Refuses two values for one parameter: which of them is meant is not to be guessed.
pub(super) fn each_once(set: &[(String, String)]) -> Result<(), Failure> {
    let twice = |(i, (name, text)): (usize, &(String, String))| {
        let (_, older) = set[..i].iter().find(|(known, _)| known == name)?;
        Some((name.clone(), older.clone(), text.clone()))
    };
    let Some((name, one, other)) = set.iter().enumerate().find_map(twice) else { return Ok(()) };
    let message = format!("`{name}` is set twice: `--set {name}={one}` and `--set {name}={other}`");
    let failure = Failure::usage(message);
    if one == other {
        return Err(failure.help("leave one of them out"));
    }
    let both = in_a_shell(&format!("{name}={one},{other}"));
    Err(failure.help(format!("leave one of them out; `analyze` goes through both with `--set {both}`")))
}

/// The values between commas; those within brackets or quotes part nothing, and where these do not match nothing does.
pub(super) fn split(text: &str) -> Vec<&str> {
    let (mut values, mut start) = (Vec::new(), 0);
    let (mut depth, mut quoted, mut escaped) = (0i32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth -= 1,
            ',' if depth == 0 => {
                values.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if quoted || depth != 0 {
        return vec![text];
    }
    values.push(&text[start..]);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(set: &[(&str, &str)]) -> Result<Option<Sweep>, Failure> {
        let set: Vec<_> = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sweep::new(&set)
    }

    #[test]
    fn commas_part_values_where_nothing_holds_them_together() {
        for (text, values) in [
            ("160", &["160"][..]),
            ("160,192", &["160", "192"]),
            ("[1, 2]", &["[1, 2]"]),
            ("[1, 2],[3, [4, 5]]", &["[1, 2]", "[3, [4, 5]]"]),
            (r#""a,b""#, &[r#""a,b""#]),
            (r#""a,\",b",c"#, &[r#""a,\",b""#, "c"]),
            ("[1,2", &["[1,2"]),
            ("\"a,b", &["\"a,b"]),
        ] {
            assert_eq!(split(text), values, "{text}");
        }
    }

    #[test]
    fn every_combination_comes_once() {
        let found = sweep(&[("a", "1,2"), ("b", "x"), ("c", "3,4")]).expect("it is well-formed").expect("it is a sweep");
        let rows: Vec<String> = found.combinations().map(|set| set.iter().map(|(_, value)| value.as_str()).collect()).collect();
        assert_eq!(rows, ["1x3", "1x4", "2x3", "2x4"]);
        assert_eq!(found.names().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(found.count(2_500).is_ok() && found.count(2_501).is_err());
        assert!(sweep(&[("a", "1,2"), ("a", "3")]).is_err() && sweep(&[("a", "1"), ("b", "1")]).is_ok());
        assert!(sweep(&[("a", "1,,2")]).is_err() && sweep(&[("a", "1,")]).is_err());
    }
}
