//! One line a network, for several of them.

use super::columns::predicted;
use super::grid::{Cell, Grid, Heading};
use super::naming;
use super::network::Network;

/// One line a network, for several of them.
#[must_use]
pub fn summary(networks: &[Network<'_>]) -> Grid {
    let heading = |key, title| Heading { key, title };
    let mut headings = vec![
        heading("net", "net"),
        heading("source", "file"),
        heading("layers", "layers"),
        heading("params", "params"),
        heading("buffers", "buffers"),
        heading("macs", naming::macs(networks.first().map_or("default", |n| n.convention))),
        heading("flops", "FLOPs"),
        heading("weight_bytes", "weights"),
        heading("peak_activation_bytes", "peak"),
    ];
    let typed = networks.iter().any(|n| n.other_dtype().is_some());
    if typed {
        headings.push(heading("dtype", "type"));
    }
    let trained = networks.iter().any(|n| n.training.is_some());
    if trained {
        headings.push(heading("training_bytes", "training"));
    }
    let timed = networks.iter().any(|n| n.predicted.is_some());
    if timed {
        headings.push(heading("predicted_ms", "time"));
    }
    let row = |n: &Network<'_>| {
        let t = &n.totals;
        let mut row = vec![
            Cell::Name(n.net.to_owned()),
            Cell::Text(n.source.to_owned()),
            Cell::Count(t.layers),
            Cell::Count(t.params),
            Cell::Count(t.buffers),
            Cell::Count(t.macs),
            Cell::Count(t.flops),
            Cell::Bytes(t.weight_bytes),
            Cell::Bytes(t.peak_activation_bytes),
        ];
        if typed {
            row.push(Cell::Text(n.dtype.to_owned()));
        }
        if trained {
            row.push(n.training.map_or(Cell::Empty, |t| Cell::Bytes(t.total_bytes)));
        }
        if timed {
            row.push(predicted(n));
        }
        row
    };
    Grid { headings, rows: networks.iter().map(row).collect(), footer: None }
}
