//! One line a network: for several of them, and for one under several parameters.

use super::columns::maybe;
use super::grid::{Cell, Grid, Heading};
use super::naming;
use super::network::{Network, Totals};

/// What a line says of a network besides its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures<'a> {
    pub totals: &'a Totals,
    /// Of a training step.
    pub training_bytes: Option<u64>,
    pub predicted_ms: Option<f64>,
}

/// Which of the figures there are, under which convention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub convention: &'a str,
    pub trained: bool,
    pub timed: bool,
}

const fn heading(key: &'static str, title: &'static str) -> Heading {
    Heading { key, title }
}

impl Asked<'_> {
    /// The columns of what is always there.
    pub fn totals(&self) -> Vec<Heading> {
        vec![
            heading("layers", "layers"),
            heading("params", "params"),
            heading("buffers", "buffers"),
            heading("macs", naming::macs(self.convention)),
            heading("flops", "FLOPs"),
            heading("weight_bytes", "weights"),
            heading("peak_activation_bytes", "peak"),
        ]
    }

    /// The columns of the rest.
    pub fn more(&self) -> Vec<Heading> {
        let trained = self.trained.then(|| heading("training_bytes", "training"));
        trained.into_iter().chain(self.timed.then(|| heading("predicted_ms", "time"))).collect()
    }
}

impl Figures<'_> {
    /// The cells under [`Asked::totals`].
    pub fn totals(&self) -> Vec<Cell> {
        let t = self.totals;
        vec![
            Cell::Count(t.layers),
            Cell::Count(t.params),
            Cell::Count(t.buffers),
            Cell::Count(t.macs),
            Cell::Count(t.flops),
            Cell::Bytes(t.weight_bytes),
            Cell::Bytes(t.peak_activation_bytes),
        ]
    }

    /// The cells under [`Asked::more`].
    pub fn more(&self, asked: &Asked<'_>) -> Vec<Cell> {
        let trained = asked.trained.then(|| maybe(self.training_bytes, Cell::Bytes));
        trained.into_iter().chain(asked.timed.then(|| maybe(self.predicted_ms, Cell::Ms))).collect()
    }
}

/// One line a network, for several of them.
#[must_use]
pub fn summary(networks: &[Network<'_>]) -> Grid {
    let asked = Asked {
        convention: networks.first().map_or("default", |n| n.convention),
        trained: networks.iter().any(|n| n.training.is_some()),
        timed: networks.iter().any(|n| n.predicted.is_some()),
    };
    let typed = networks.iter().any(|n| n.other_dtype().is_some());
    let mut headings = vec![heading("net", "net"), heading("source", "file")];
    headings.extend(asked.totals());
    headings.extend(typed.then(|| heading("dtype", "type")));
    headings.extend(asked.more());
    let row = |n: &Network<'_>| {
        let figures = Figures {
            totals: &n.totals,
            training_bytes: n.training.map(|t| t.total_bytes),
            predicted_ms: n.predicted.as_ref().map(|p| p.total_ms),
        };
        let mut row = vec![Cell::Name(n.net.to_owned()), Cell::Text(n.source.to_owned())];
        row.extend(figures.totals());
        row.extend(typed.then(|| Cell::Text(n.dtype.to_owned())));
        row.extend(figures.more(&asked));
        row
    };
    Grid { headings, rows: networks.iter().map(row).collect(), footer: None }
}
