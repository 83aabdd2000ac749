//! Times of the pipeline from text to full analysis, in process: `cargo bench --bench analysis`.
//!
//! Prints the median time on the wall of repeated runs, the least, and the mean time on the processor where Linux tells it
//! (a busy machine takes threads off it for longer than these runs last): networks of the zoo, then generated networks of 1,000 to 100,000 layers, deep
//! chains and wide branches, whose time a layer must not grow with their size. Timings depend on the machine, so nothing
//! fails here; the goals are printed beside the numbers.

#![expect(clippy::print_stdout, reason = "a benchmark reports on its standard output")]
#![expect(clippy::disallowed_methods, reason = "networks are read from disk")]

#[path = "../common/mod.rs"]
mod common;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use pointwise::analysis::{Options, analyze, lint, memory};
use pointwise::compile::{Settings, compile};

fn main() {
    println!("text to analysis and lints, in process (goal: googlenet below 1 ms)");
    for name in ["googlenet", "resnet50", "vgg16", "efficientnet_b0", "densenet201"] {
        zoo(name);
    }
    println!("\ngenerated networks (goals: 100,000 layers below 1 s; a steady time a layer)");
    for layers in [1_000, 10_000, 100_000] {
        generated("deep chain", layers, &deep(layers));
    }
    for layers in [1_000, 10_000, 100_000] {
        generated("wide branches", layers, &wide(layers));
    }
    for layers in [1_000, 10_000, 100_000] {
        generated("residual chain", layers, &residual(layers));
    }
}

fn zoo(name: &str) {
    let path = Path::new("models").join(format!("{name}.net"));
    let text = std::fs::read_to_string(&path).expect("benchmarks run in the project's root");
    let shown = path.to_string_lossy();
    let whole = times(200, || compile(&shown, text.clone(), &common::Disk, &Settings::default()));
    let compiled = compile(&shown, text.clone(), &common::Disk, &Settings::default());
    let shaped = compiled.network.as_ref().expect("a network of the zoo").shaped.clone();
    let analysis = analyze(&shaped, &Options::default()).expect("counts that fit");
    let counted = times(200, || analyze(&shaped, &Options::default()));
    let peak = times(200, || memory::peak(&shaped, &Options::default()));
    let linted = times(200, || lint::lint(&shaped, &analysis, &compiled.sources));
    println!("{name:16} {:>5} layers  whole {whole}  analyze {counted}  peak {peak}  lint {linted}", analysis.layers.len());
}

fn generated(kind: &str, layers: usize, text: &str) {
    let run = || compile("generated.net", text.to_owned(), &common::Disk, &Settings::default());
    let compiled = run();
    let network = compiled.network.unwrap_or_else(|| panic!("{kind}: {:?}", compiled.diagnostics.first()));
    let runs = (300_000 / layers).clamp(3, 100);
    let whole = times(runs, run);
    let counted = times(runs, || analyze(&network.shaped, &Options::default()));
    println!(
        "{kind:16} {layers:>6} layers  whole {whole}: {} ns a layer  analyze {counted}: {} ns a layer",
        whole.a_layer(layers),
        counted.a_layer(layers)
    );
}

/// Times of repeated runs.
struct Times {
    /// On the wall, sorted.
    wall: Vec<Duration>,
    /// On this thread's processor, the mean.
    processor: Option<Duration>,
}

/// Times `runs` runs after one that warms up.
fn times<T>(runs: usize, mut run: impl FnMut() -> T) -> Times {
    std::hint::black_box(run());
    let before = nanoseconds_on_processor();
    let mut wall: Vec<_> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(run());
            start.elapsed()
        })
        .collect();
    wall.sort();
    let spent = before.zip(nanoseconds_on_processor()).map(|(before, after)| after - before);
    Times { wall, processor: spent.map(|spent| Duration::from_nanos(spent / runs as u64)) }
}

/// The first field of the scheduler's statistics of this thread; it moves in ticks of some milliseconds.
fn nanoseconds_on_processor() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

impl Times {
    /// Nanoseconds a layer, on the processor if known.
    fn a_layer(&self, layers: usize) -> u128 {
        self.processor.unwrap_or(self.wall[self.wall.len() / 2]).as_nanos() / layers as u128
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = |time: Duration| time.as_nanos() as f64 / 1e3;
        write!(f, "{:.1} us (least {:.1}", micros(self.wall[self.wall.len() / 2]), micros(self.wall[0]))?;
        self.processor.map_or(Ok(()), |mean| write!(f, ", processor {:.1}", micros(mean)))?;
        f.write_str(")")
    }
}

/// A chain of convolutions, normalisations and activations in a loop.
fn deep(layers: usize) -> String {
    format!(
        "net deep {{
    input x: [16, 8, 8]
    for i in 0..{} {{ x = x -> conv(16, 3, pad=1, bias=false) -> bn -> relu }}
    output y = x
}}
",
        layers / 3
    )
}

/// Branches of one convolution and one activation each, all written out, joined by one sum.
fn wide(layers: usize) -> String {
    let branches = layers / 2;
    let mut text = "net wide {\n    input x: [16, 8, 8]\n".to_owned();
    for i in 0..branches {
        writeln!(text, "    b{i} = x -> conv(16, 1) -> relu").expect("strings grow");
    }
    let names: Vec<_> = (0..branches).map(|i| format!("b{i}")).collect();
    writeln!(text, "    output y = add({})\n}}", names.join(", ")).expect("strings grow");
    text
}

/// Blocks in blocks, each with its shortcut.
fn residual(layers: usize) -> String {
    format!(
        "block conv_bn(w)(x) {{ return x -> conv(w, 3, pad=1, bias=false) -> bn -> relu }}
block basic(w)(x) {{ return x + (x -> conv_bn(w) -> conv_bn(w)) }}
net residual {{
    input x: [16, 8, 8]
    for i in 0..{} {{ x = x -> basic(16) }}
    output y = x
}}
",
        layers / 7
    )
}
