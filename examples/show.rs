use pointwise::compile::{LoadError, Loader, Settings, compile};
use pointwise::render::{Findings, Format, render};
use std::path::PathBuf;
struct Files;
impl Loader for Files {
    fn load(&self, path: &str, from: &str) -> Result<(String, String), LoadError> {
        let mut joined = PathBuf::from(from);
        joined.pop();
        for part in path.split('/') { match part { "." => {} ".." => drop(joined.pop()), part => joined.push(part) } }
        let text = std::fs::read_to_string(&joined).map_err(|e| LoadError(e.to_string()))?;
        Ok((joined.to_string_lossy().into_owned(), text))
    }
}
fn main() {
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file).unwrap();
        let compiled = compile(&file, text, &Files, &Settings::default());
        println!("=== {file}");
        print!("{}", anstream::adapter::strip_str(&render(&[Findings { sources: &compiled.sources, diagnostics: &compiled.diagnostics }], Format::Full, 100)));
    }
}
