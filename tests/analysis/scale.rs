//! Work that grows with the square of a network's size is found by its shape, whatever the machine: four times as many lines
//! may take nine times as long, and never sixteen.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use pointwise::analysis::lint::lint;
use pointwise::code::Code;
use pointwise::compile::{NoFiles, Settings, compile};

/// `lines` lines, each of which makes a layer and has a finding of its own.
fn lines(count: usize, end: impl Fn(usize) -> String) -> String {
    let mut text = "net n {\n    input a0: [1, 1, 1]\n".to_owned();
    for i in 0..count {
        let _ = writeln!(text, "    a{} = a{i} -> conv(1, 1) -> bn", i + 1);
    }
    let _ = writeln!(text, "    output a{count}");
    for i in 1..=count {
        text.push_str(&end(i));
    }
    text + "}\n"
}

/// What this thread has computed so far, whatever else the machine does; where the kernel does not tell, the time of day.
fn computed(since: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok()).filter(|nanos| *nanos > 0);
    nanos.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// What the kernel tells of computing goes on by this at the least.
const TICK: Duration = Duration::from_millis(10);

/// The least time of a run among a few attempts, each of so many runs that it is long beside a tick.
fn least(run: impl Fn()) -> Duration {
    let time = || {
        let since = Instant::now();
        let before = computed(since);
        for runs in 1.. {
            run();
            let taken = computed(since).saturating_sub(before);
            if taken > 5 * TICK {
                return taken / runs;
            }
        }
        unreachable!("time goes on")
    };
    (0..3).map(|_| time()).min().expect("it ran")
}

/// Whether a run on four times as much takes about four times as long; a busy machine gets a second and a third chance.
fn is_linear(small: impl Fn(), large: impl Fn()) -> bool {
    (0..3).any(|_| least(&large) < 9 * least(&small))
}

#[test]
fn lints_take_time_by_the_line() {
    let networks = [1_000, 4_000].map(|count| {
        let compiled = compile("test.net", lines(count, |_| String::new()), &NoFiles, &Settings::default());
        (compiled.network.expect("no errors"), compiled.sources)
    });
    let run = |i: usize| {
        let (network, sources) = &networks[i];
        assert_eq!(lint(&network.shaped, &network.analysis, sources).len(), [1_000, 4_000][i]);
    };
    assert!(is_linear(|| run(0), || run(1)));
}

#[test]
fn assertions_take_time_by_the_line() {
    let assertion = |i: usize| format!("    assert params(a{i}) == 4 and macs(a{i}.conv) == 1\n");
    let texts = [1_000, 4_000].map(|count| lines(count, assertion));
    let run = |i: usize| {
        let compiled = compile("test.net", texts[i].clone(), &NoFiles, &Settings::default());
        assert!(!compiled.has_errors(), "{:?}", compiled.diagnostics.iter().find(|d| d.is_error()));
    };
    assert!(is_linear(|| run(0), || run(1)));
}

#[test]
fn counted_paths_take_time_by_the_line() {
    let texts = [500, 2_000].map(|count| {
        let mut text = "net n {\n    input a0: [1, 1, 1]\n".to_owned();
        for i in 0..count {
            let _ = writeln!(text, "    a{} = a{i} -> conv(1, 1) -> conv(1, 1)", i + 1);
        }
        let _ = writeln!(text, "    output a{count}");
        for i in 1..=count {
            let _ = writeln!(text, "    assert params(a{i}.conv_2) == 2");
        }
        text + "}\n"
    });
    let run = |i: usize| {
        let compiled = compile("test.net", texts[i].clone(), &NoFiles, &Settings::default());
        assert!(!compiled.has_errors(), "{:?}", compiled.diagnostics.iter().find(|d| d.is_error()));
        let counted = compiled.diagnostics.iter().filter(|d| d.code == Code::LintCountedPath).count();
        assert_eq!(counted, [500, 2_000][i], "each is told");
    };
    assert!(is_linear(|| run(0), || run(1)));
}
