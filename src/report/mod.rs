//! Analyses as documents: what `analyze` and `report` print and write.
//!
//! In: graphs with shapes, analyses, changes. Out: own structs with a `schema_version` ([`network`], [`savings`]), which
//! the other modules here turn into tables, Markdown, CSV, JSON, YAML, HTML and SVG. No IO beyond the writer that is
//! given, and no counting: every number comes from `analysis`.

mod alike;
pub mod blocks;
mod boxes;
mod changed;
pub mod columns;
pub mod correspondence;
mod difference;
pub mod drawing;
pub mod fit;
pub mod graph;
pub mod grid;
pub mod html;
pub mod layout;
pub mod naming;
pub mod network;
pub mod network_text;
pub mod number;
pub mod operations;
pub mod page;
mod palette;
pub mod pareto;
pub mod pieces;
pub mod rationale;
pub mod savings;
pub mod savings_tables;
pub mod savings_text;
pub mod scene;
pub mod serial;
pub mod summary;
pub mod sweep;
pub mod table;
pub mod training;
mod unit;
mod yaml;

/// The version of every document's form: a key never changes its meaning without a new one.
pub const SCHEMA_VERSION: u32 = 1;

/// The version of this program.
pub const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");
