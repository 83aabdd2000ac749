//! One network under many parameters: a line a combination.
//!
//! In: what was counted of each combination, or why it could not be built. Out: [`Sweep`], which serialises, and its grid.

use serde::Serialize;
use serde_json::{Map, Value};

use super::grid::{Cell, Grid, NamedHeading};
use super::network::{Network, Predicted, Totals};
use super::summary::{Asked, Figures};
use super::training::Training;
use super::{SCHEMA_VERSION, TOOL_VERSION, naming};
use crate::analysis::Dtype;
use crate::digits::count_of;

/// All combinations.
#[derive(Debug, Serialize)]
pub struct Sweep {
    /// The form of this document.
    pub schema_version: u32,
    /// The version of the program.
    pub tool_version: &'static str,
    /// Images at once.
    pub batch: u64,
    /// What `macs` counts.
    pub convention: &'static str,
    /// In words, where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention_note: Option<&'static str>,
    /// What elements are stored as.
    pub dtype: &'static str,
    /// The parameters that were set, in the order of columns.
    pub parameters: Vec<String>,
    /// One a combination; the last parameter changes first.
    pub combinations: Vec<Combination>,
}

/// A network under one combination of parameters.
#[derive(Debug, Serialize)]
pub struct Combination {
    /// The net's name; none where nothing could be built.
    pub net: Option<String>,
    /// The file.
    pub source: String,
    /// The parameters' values.
    pub parameters: Map<String, Value>,
    /// Sums; none where nothing could be built.
    pub totals: Option<Totals>,
    /// The memory of a training step, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// Predicted time, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted: Option<Predicted>,
    /// What is wrong: why it could not be built, or the assertion that failed.
    pub error: Option<String>,
}

impl Combination {
    /// A combination of which nothing is known yet.
    #[must_use]
    pub fn new(source: String, parameters: Map<String, Value>) -> Self {
        Self { net: None, source, parameters, totals: None, training: None, predicted: None, error: None }
    }

    /// With the numbers of its network.
    #[must_use]
    pub fn counted(self, network: &Network<'_>) -> Self {
        Self {
            net: Some(network.net.to_owned()),
            totals: Some(network.totals),
            training: network.training,
            predicted: network.predicted.clone(),
            ..self
        }
    }
}

impl Sweep {
    /// A sweep under these options, without combinations yet.
    #[must_use]
    pub fn new((batch, convention, dtype): (u64, &'static str, &'static str), parameters: Vec<String>) -> Self {
        let convention_note = naming::note(convention);
        let (schema_version, tool_version) = (SCHEMA_VERSION, TOOL_VERSION);
        Self { schema_version, tool_version, batch, convention, convention_note, dtype, parameters, combinations: Vec::new() }
    }

    /// The table: files where there are several, parameters, sums, and errors where there are some or where `always` asks
    /// for the column.
    #[must_use]
    pub fn grid(&self, always: bool) -> Grid<NamedHeading> {
        let rows = &self.combinations;
        let asked = Asked {
            convention: self.convention,
            trained: rows.iter().any(|c| c.training.is_some()),
            timed: rows.iter().any(|c| c.predicted.is_some()),
        };
        let figures: Vec<_> = asked.totals().into_iter().chain(asked.more()).collect();
        let files = rows.windows(2).any(|pair| pair[0].source != pair[1].source);
        let errors = always || rows.iter().any(|c| c.error.is_some());
        let taken = |name: &String| name == "source" || name == "error" || figures.iter().any(|heading| heading.key == name);
        // A parameter that is called as a column of ours says that it is a parameter.
        let named = |name: &String| if taken(name) { format!("set {name}") } else { name.clone() };
        let mut headings: Vec<NamedHeading> = Vec::new();
        headings.extend(files.then(|| NamedHeading::Named("source".to_owned())));
        headings.extend(self.parameters.iter().map(|name| NamedHeading::Named(named(name))));
        headings.extend(figures.iter().copied().map(NamedHeading::Fixed));
        headings.extend(errors.then(|| NamedHeading::Named("error".to_owned())));
        let row = |c: &Combination| {
            let mut row = Vec::with_capacity(headings.len());
            row.extend(files.then(|| Cell::Text(c.source.clone())));
            row.extend(self.parameters.iter().map(|name| c.parameters.get(name).map_or(Cell::Empty, value)));
            match &c.totals {
                Some(totals) => {
                    let training_bytes = c.training.map(|t| t.total_bytes);
                    let predicted_ms = c.predicted.as_ref().map(|p| p.total_ms);
                    let figures = Figures { totals, training_bytes, predicted_ms };
                    row.extend(figures.totals());
                    row.extend(figures.more(&asked));
                }
                None => row.extend(vec![Cell::Empty; figures.len()]),
            }
            row.extend(errors.then(|| c.error.clone().map_or(Cell::Empty, Cell::Text)));
            row
        };
        Grid { rows: rows.iter().map(row).collect(), headings, footer: None }
    }

    /// The line above a table.
    #[must_use]
    pub fn title(&self) -> String {
        let first = self.combinations.first().map_or("", |first| &first.source);
        let alone = self.combinations.iter().all(|c| c.source == first);
        let count = count_of(self.combinations.len() as u64, "combination");
        let mut text = format!("{}  {count}", if alone { first } else { "several files" });
        if self.batch != 1 {
            text = format!("{text}  batch {}", self.batch);
        }
        if self.convention != "default" {
            text = format!("{text}  {}", naming::macs(self.convention));
        }
        if self.dtype != Dtype::default().name() {
            text = format!("{text}  bytes of {}", self.dtype);
        }
        text
    }
}

/// A parameter's value as it would be written.
fn value(value: &Value) -> Cell {
    Cell::Text(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
