//! The look of a drawing that stands alone: attributes of its elements, for renderers that read neither custom properties nor
//! style sheets.
//!
//! In: `drawing.css`, the one place where colours and strokes are said. Out: presentation attributes in its light colours, and a
//! style sheet of its dark ones for renderers that know which are wanted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The look of a drawing, as custom properties that a page may set itself.
pub(super) const SHEET: &str = include_str!("drawing.css");

/// Before the selector of every rule.
const ROOT: &str = "svg.net";
/// Before the sheet's dark colours.
const DARK: &str = "@media(prefers-color-scheme:dark){";

/// A property with its value.
type Declaration = (&'static str, &'static str);

/// What `drawing.css` says.
pub(super) struct Palette {
    light: BTreeMap<&'static str, &'static str>,
    dark: BTreeMap<&'static str, &'static str>,
    /// Selectors without [`ROOT`], in order.
    rules: Vec<(&'static str, Vec<Declaration>)>,
}

impl Palette {
    /// Reads the sheet, which has a rule a line.
    pub fn new() -> Self {
        let mut palette = Self { light: BTreeMap::new(), dark: BTreeMap::new(), rules: Vec::new() };
        for line in SHEET.lines() {
            let (is_dark, line) = line.strip_prefix(DARK).map_or((false, line), |line| (true, line));
            let Some((selector, body)) = line.split_once('{') else { continue };
            let declared = body.trim_end_matches('}').split(';').filter_map(|declaration| declaration.split_once(':'));
            let (names, rest): (Vec<Declaration>, Vec<Declaration>) = declared.partition(|(name, _)| name.starts_with("--"));
            if is_dark { &mut palette.dark } else { &mut palette.light }.extend(names);
            if !rest.is_empty() {
                palette.rules.push((selector.trim_start_matches(ROOT).trim_start(), rest));
            }
        }
        palette
    }

    /// The attributes of an element to which these selectors apply, `[rect, .new>rect]`: later rules win. Empty is the root.
    pub fn attributes(&self, selectors: &[&str]) -> String {
        let applied = self.rules.iter().filter(|(selector, _)| selectors.contains(selector));
        let mut all: Vec<Declaration> = Vec::new();
        for (name, value) in applied.flat_map(|(_, declarations)| declarations) {
            let value = literal(&self.light, value);
            match all.iter_mut().find(|(known, _)| known == name) {
                Some((_, older)) => *older = value,
                None => all.push((name, value)),
            }
        }
        all.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = write!(text, " {name}=\"{}\"", value.replace('"', "'"));
            text
        })
    }

    /// The dark colours, for who asks for them.
    pub fn dark(&self) -> String {
        let mut text = String::from(DARK);
        for (selector, declarations) in &self.rules {
            let coloured = declarations.iter().filter(|(_, value)| value.starts_with("var("));
            let colours: Vec<String> = coloured.map(|(name, value)| format!("{name}:{}", literal(&self.dark, value))).collect();
            if !colours.is_empty() {
                let _ = write!(text, "{ROOT} {selector}{{{}}}", colours.join(";"));
            }
        }
        text.push('}');
        text
    }
}

/// `#fff` for `var(--box)`.
fn literal(colours: &BTreeMap<&'static str, &'static str>, value: &'static str) -> &'static str {
    let name = value.strip_prefix("var(").and_then(|name| name.strip_suffix(')'));
    name.and_then(|name| colours.get(name)).copied().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_said_in_both_lights() {
        let palette = Palette::new();
        assert!(palette.light.len() > 10);
        assert_eq!(palette.light.keys().collect::<Vec<_>>(), palette.dark.keys().collect::<Vec<_>>());
        let all: Vec<&str> = palette.rules.iter().map(|(selector, _)| *selector).collect();
        assert!(!palette.attributes(&all).contains("var(") && !palette.dark().contains("var("));
    }

    #[test]
    fn later_rules_win() {
        let attributes = Palette::new().attributes(&["rect", ".new>rect"]);
        assert_eq!(attributes, " fill=\"#dff5e8\" stroke=\"#17804d\" stroke-width=\"1.6\"");
        assert!(Palette::new().attributes(&[""]).contains("font-size=\"12px\""));
    }
}
