//! Each lint where it must speak and where it must not, and that its edits work.

use pointwise::code::Code;
use pointwise::compile::{Compiled, NoFiles, Settings, compile};
use pointwise::diagnostic::{Diagnostic, Severity};

fn compiled(body: &str) -> Compiled {
    let compiled = compile("test.net", format!("net n {{\n{body}\n}}\n"), &NoFiles, &Settings::default());
    assert!(compiled.network.is_some(), "{:?}", compiled.diagnostics);
    compiled
}

fn found(body: &str) -> Vec<Diagnostic> {
    let lints: Vec<_> = compiled(body).diagnostics.into_iter().filter(|d| d.code.is_lint()).collect();
    assert!(lints.iter().all(|d| d.severity == Severity::Warning));
    lints
}

fn codes(body: &str) -> Vec<Code> {
    found(body).iter().map(|d| d.code).collect()
}

/// The text of the only finding.
fn message(body: &str) -> String {
    let found = found(body);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].message.clone()
}

#[test]
fn a_wide_kernel_says_what_a_bottleneck_saves() {
    let before = 9 * 512 * 512u64;
    let after = 512 * 128 + 9 * 128 * 512u64;
    let percent = (before - after) * 100 / before;
    let expected = format!(
        "a 3x3 on 512 channels costs 2,359,296 parameters; `reduce(128)` before it saves {percent} % of them and {percent} % of its MACs"
    );
    assert_eq!(message("input x: [512, 7, 7]\n output y = x -> conv(512, 3, pad=1, bias=false) -> relu"), expected);
}

#[test]
fn a_wide_kernel_is_left_alone_where_it_is_meant() {
    for body in [
        "input x: [128, 7, 7]\n output y = x -> conv(512, 3, pad=1) -> relu",
        "input x: [512, 7, 7]\n output y = x -> conv(512, 1) -> relu",
        "input x: [512, 7, 7]\n output y = x -> conv(512, 3, pad=1, groups=32) -> relu",
        "input x: [2048, 7, 7]\n output y = x -> conv(512, 1, bias=false) -> bn -> relu -> conv(512, 3, pad=1) -> relu",
        "input x: [512, 7, 7]\n @keep\n a = x -> conv(512, 3, pad=1)\n output y = a -> relu",
    ] {
        assert_eq!(codes(body), [], "{body}");
    }
}

#[test]
fn channels_that_waste_a_block() {
    let body = "input x: [16, 64, 64]\n a = x -> conv(20, 3, pad=1) -> relu\n output y = a -> conv(64, 3, pad=1)";
    assert_eq!(message(body), "20 channels leave 37 % of 2 SIMD blocks of 16 empty, in a layer with 20 % of all MACs");
    for body in [
        "input x: [16, 64, 64]\n a = x -> conv(24, 3, pad=1) -> relu\n output y = a -> conv(64, 3, pad=1)",
        // Cheap: few MACs.
        "input x: [16, 8, 8]\n a = x -> conv(20, 3, pad=1) -> relu\n output y = a -> conv(64, 3, pad=1)",
        // The task's own number of classes.
        "input x: [16, 64, 64]\n output y = x -> conv(10, 3, pad=1) -> global_avgpool -> flatten",
        "input x: [20, 64, 64]\n output y = x -> dwconv(3, pad=1) -> conv(64, 3, pad=1)",
    ] {
        assert_eq!(codes(body), [], "{body}");
    }
}

#[test]
fn a_bias_before_batch_norm_and_its_fix() {
    for (call, corrected) in [
        ("conv(8, 3)", "conv(8, 3, bias=false)"),
        ("conv(8, 3, bias=true)", "conv(8, 3, bias=false)"),
        ("conv(8, 3, )", "conv(8, 3, bias=false)"),
    ] {
        let body = |call: &str| format!("input x: [3, 8, 8]\n output y = x -> {call} -> bn -> relu");
        let compiled = compiled(&body(call));
        let diagnostic = &compiled.diagnostics[0];
        assert_eq!(diagnostic.code, Code::LintBiasBeforeNorm);
        assert_eq!(
            diagnostic.message,
            "the bias of `y.conv` has no effect: `y.bn` subtracts the mean again (8 parameters for nothing)"
        );
        let edit = &diagnostic.fixes[0].edits[0];
        let mut text = compiled.sources.get(edit.span.source).text().to_owned();
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
        assert!(text.contains(&format!("{corrected} -> bn")), "{text}");
        assert_eq!(codes(&body(corrected)), []);
    }
    // Another reader of the map, and a linear layer whose bias lies across the norm.
    assert_eq!(codes("input x: [3, 8, 8]\n a = x -> conv(8, 3)\n output y = a -> bn\n output z = a -> relu"), []);
    assert_eq!(codes("input x: [3, 8, 8]\n output y = x -> linear(8) -> bn"), []);
    assert_eq!(codes("input x: [32]\n output y = x -> linear(8) -> bn"), [Code::LintBiasBeforeNorm]);
}

#[test]
fn padding_that_meets_no_input() {
    assert_eq!(
        message("input x: [3, 8, 8]\n output y = x -> conv(8, 1, pad=1) -> relu"),
        "2 rows and 2 columns of the [8, 10, 10] output see only padding"
    );
    assert_eq!(
        message("input x: [3, 1, 4]\n output y = x -> conv(8, 3, pad=1) -> relu"),
        "6 of 9 weights of each filter only ever meet padding, on a map of 1x4"
    );
    // Atrous on a small map: the outer taps lie outside everywhere.
    assert_eq!(
        message("input x: [3, 8, 8]\n output y = x -> conv(8, 3, pad=12, dilation=12) -> relu"),
        "8 of 9 weights of each filter only ever meet padding, on a map of 8x8"
    );
    assert_eq!(codes("input x: [3, 8, 8]\n output y = x -> conv(8, 7, pad=3) -> relu"), []);
    assert_eq!(codes("input x: [3, 8, 8]\n output y = x -> conv(8, 4, pad=[1, 1, 2, 2]) -> relu"), []);
}

#[test]
fn rows_that_no_window_reads() {
    assert_eq!(
        message("input x: [3, 8, 9]\n output y = x -> conv(8, 3, stride=2) -> relu"),
        "no window reads 1 row of the 8x9 input"
    );
    assert_eq!(
        message("input x: [3, 8, 8]\n output y = x -> maxpool(2, stride=3)"),
        "no window reads 2 rows and 2 columns of the 8x8 input"
    );
    for body in [
        "input x: [3, 9, 9]\n output y = x -> conv(8, 3, stride=2) -> relu",
        "input x: [3, 8, 8]\n output y = x -> conv(8, 1, stride=2) -> relu",
        "input x: [3, 8, 8]\n output y = x -> conv(8, 3, stride=2, pad=1) -> relu",
        "input x: [3, 9, 9]\n output y = x -> maxpool(2, ceil=true)",
    ] {
        assert_eq!(codes(body), [], "{body}");
    }
}

#[test]
fn what_reaches_no_output() {
    let body = "input x: [3, 8, 8]\n a = x -> conv(8, 3)\n b = a -> relu\n output y = x -> relu";
    assert_eq!(message(body), "`b.relu` reaches no output: 2 layers with 224 parameters for nothing");
    assert_eq!(message("input x: [3, 8, 8]\n input z: [3]\n output y = x -> relu"), "input `z` is never used");
}

#[test]
fn an_activation_behind_the_logits() {
    assert_eq!(message("input x: [32]\n output y = x -> linear(10) -> relu"), "`relu` cuts off the logits of output `y`");
    for body in [
        "input x: [32]\n output y = x -> linear(10) -> softmax",
        "input x: [32]\n output y = x -> linear(10) -> sigmoid",
        "input x: [32]\n output y = x -> linear(1) -> relu",
        "input x: [3, 8, 8]\n output y = x -> conv(3, 3, pad=1) -> relu",
        "input x: [3, 8, 8]\n output y = x -> conv(8, 3, pad=1) -> relu -> global_avgpool -> flatten",
    ] {
        assert_eq!(codes(body), [], "{body}");
    }
    let compiled = compiled("input x: [32]\n output y = x -> linear(10)\n   -> relu");
    let edit = &compiled.diagnostics[0].fixes[0].edits[0];
    assert_eq!(compiled.sources.text(edit.span), "\n   -> relu");
}

#[test]
fn a_block_used_often_is_said_once() {
    let text = "block unit(w)(x) { return x -> conv(w, 3, pad=1) -> bn -> relu }
net n {
    input x: [3, 8, 8]
    for i in 0..4 { x = x -> unit(8) }
    output y = x
}
";
    let compiled = compile("test.net", text.to_owned(), &NoFiles, &Settings::default());
    let lints: Vec<_> = compiled.diagnostics.iter().filter(|d| d.code == Code::LintBiasBeforeNorm).collect();
    assert_eq!(lints.len(), 1);
    assert!(lints[0].notes[0].starts_with("4 instances: `x.0."), "{:?}", lints[0].notes);
    assert_eq!(lints[0].fixes.len(), 1);
}

/// An edit would change all layers of a line: none is offered where only some of them have the finding.
#[test]
fn no_edit_where_it_would_change_more() {
    let text = "block unit(norm)(x) {
    a = x -> conv(8, 3, pad=1)
    return if norm { a -> bn } else { a -> relu }
}
net n {
    input x: [3, 8, 8]
    a = x -> unit(true)
    b = a -> unit(false)
    output y = b
}
";
    let compiled = compile("test.net", text.to_owned(), &NoFiles, &Settings::default());
    let lints: Vec<_> = compiled.diagnostics.iter().filter(|d| d.code == Code::LintBiasBeforeNorm).collect();
    assert_eq!(lints.len(), 1, "{:?}", compiled.diagnostics);
    assert!(lints[0].fixes.is_empty());
}

/// Each threshold from both sides: the first body speaks, the second, a step away, is silent.
#[test]
fn thresholds_are_where_they_say() {
    let wide = |channels: u64, call: &str| format!("input x: [{channels}, 8, 8]\n output y = x -> {call} -> relu");
    let waste =
        |call: &str, width: u64, next: u64| format!("input x: [8, 1, {width}]\n output y = x -> {call} -> conv({next}, 1)");
    for (what, code, speaks, silent) in [
        (
            "256 channels",
            Code::LintWideKernel,
            wide(256, "conv(512, 3, pad=1, bias=false)"),
            wide(255, "conv(512, 3, pad=1, bias=false)"),
        ),
        (
            "1,000,000 parameters",
            Code::LintWideKernel,
            wide(256, "conv(435, 3, pad=1, bias=false)"),
            wide(256, "conv(434, 3, pad=1, bias=false)"),
        ),
        (
            "a window of nine",
            Code::LintWideKernel,
            wide(512, "conv(512, [1, 9], pad=[0, 4], bias=false)"),
            wide(512, "conv(512, [2, 4], bias=false)"),
        ),
        (
            "half of the weights: 1/4 + c / (4 k^2 n)",
            Code::LintWideKernel,
            wide(2300, "conv(256, 3, pad=1, bias=false)"),
            wide(2304, "conv(256, 3, pad=1, bias=false)"),
        ),
        (
            "half of the MACs, where the 1x1 works on a map four times as large",
            Code::LintWideKernel,
            wide(572, "conv(256, 3, stride=2, pad=[1, 1, 0, 0], bias=false)"),
            wide(576, "conv(256, 3, stride=2, pad=[1, 1, 0, 0], bias=false)"),
        ),
        ("a quarter of a block", Code::LintSimdWaste, waste("conv(11, 1)", 20_000, 16), waste("conv(12, 1)", 20_000, 16)),
        ("1,000,000 MACs", Code::LintSimdWaste, waste("conv(11, 1)", 11_364, 16), waste("conv(11, 1)", 11_363, 16)),
        ("1 % of all MACs", Code::LintSimdWaste, waste("conv(11, 1)", 11_364, 792), waste("conv(11, 1)", 11_364, 793)),
    ] {
        assert_eq!(codes(&speaks), [code], "{what}: {speaks}");
        assert_eq!(codes(&silent), [], "{what}: {silent}");
    }
}

/// The pages of lints show each where it speaks, and how it falls silent.
#[test]
fn pages_show_what_they_say() {
    let pages = Code::ALL.iter().filter(|code| code.is_lint() || ["PW0311", "PW0601"].contains(&code.id()));
    for code in pages {
        let blocks: Vec<_> = code.page().split("```net\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(blocks.len() >= 2, "{}", code.id());
        let codes = |block: &str| -> Vec<Code> {
            let compiled = compile("page.net", block.to_owned(), &NoFiles, &Settings::default());
            compiled.diagnostics.iter().map(|d| d.code).collect()
        };
        assert_eq!(codes(blocks[0]), [*code]);
        for corrected in &blocks[1..] {
            assert_eq!(codes(corrected), [], "{}", code.id());
        }
    }
}

/// Every normalisation may stand between a 1x1 and the layer that it narrows, and between a map and a linear layer.
#[test]
fn normalisations_are_seen_through() {
    for norm in ["bn", "group_norm(8)", "layer_norm", "instance_norm"] {
        let narrowed = format!("input x: [1024, 14, 14]\noutput y = x -> conv(512, 1) -> {norm} -> relu -> conv(512, 3, pad=1)");
        assert!(!codes(&narrowed).contains(&Code::LintWideKernel), "{norm}");
        let rows = format!("input x: [8, 14, 14]\noutput y = x -> conv(16, 3) -> {norm} -> relu -> linear(10)");
        assert!(codes(&rows).contains(&Code::LintLinearOnMap), "{norm}");
    }
}
