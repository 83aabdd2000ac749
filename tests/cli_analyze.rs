//! `analyze` from outside: which rows and columns it shows, for what it counts, and what it says of memory.

mod cli_common;

use cli_common::{Dir, json, model, pointwise};
use serde_json::{Value, json as value};

/// Kernels, strides and pads that no square could tell.
const SHAPES: &str = "net shapes {
    input x: [8, 33, 20]
    sided = x -> conv(8, [1, 3], stride=[2, 1], pad=[0, 1, 2, 3], dilation=[1, 2], groups=2)
    alone = sided -> dwconv(3, pad=same)
    spread = alone -> conv_transpose(4, 4, stride=2, pad=1)
    pooled = spread -> maxpool(3, stride=2, pad=1)
    output y = pooled -> relu
}
";

/// The layer of this name.
fn layer<'a>(document: &'a Value, name: &str) -> &'a Value {
    let layers = document["layers"].as_array().expect("layers");
    layers.iter().find(|layer| layer["name"] == name).unwrap_or_else(|| panic!("{name} is missing"))
}

#[test]
fn windows_are_told_exactly_in_json() {
    let dir = Dir::new();
    let got = json(&["analyze", &dir.write("shapes.net", SHAPES), "--format", "json"], 0);
    let told = |name: &str| ["kernel", "stride", "pad", "dilation", "groups"].map(|key| layer(&got, name)[key].clone());
    assert_eq!(told("sided.conv"), [value!([1, 3]), value!([2, 1]), value!([0, 1, 2, 3]), value!([1, 2]), value!(2)]);
    assert_eq!(told("alone.dwconv"), [value!([3, 3]), value!([1, 1]), value!([1, 1, 1, 1]), value!([1, 1]), value!(8)]);
    assert_eq!(told("spread.conv_transpose"), [value!([4, 4]), value!([2, 2]), value!([1, 1, 1, 1]), value!([1, 1]), value!(1)]);
    assert_eq!(told("pooled.maxpool"), [value!([3, 3]), value!([2, 2]), value!([1, 1, 1, 1]), value!([1, 1]), Value::Null]);
    assert_eq!(told("y.relu"), [(); 5].map(|()| Value::Null));
    assert!(layer(&got, "y.relu").get("kernel").is_some(), "what an operation has none of is null, not left out");
}

#[test]
fn windows_are_columns() {
    let dir = Dir::new();
    let net = dir.write("shapes.net", SHAPES);
    let out = |more: &[&str]| pointwise(&[&["analyze", &net], more].concat()).out;
    let rows = out(&["--format", "csv", "--columns", "name,kernel,stride,pad,dilation,groups"]);
    assert!(
        rows.contains(
            "\nsided.conv,1x3,2x1,\"[0, 1, 2, 3]\",1x2,2\nalone.dwconv,3x3,1,1,1,8\nspread.conv_transpose,4x4,2,1,1,1\n"
        ),
        "{rows}"
    );
    assert!(rows.contains("\npooled.maxpool,3x3,2,1,1,\ny.relu,,,,,\n"), "{rows}");
    // As data they stand behind what stood there before them; without a terminal there is room for two of them.
    let head = out(&["--format", "csv"]);
    let keys = "name,output,receptive_field,params,macs,macs_share,write_bytes,kernel,stride,pad,dilation,groups\n";
    assert!(head.starts_with(keys), "{head}");
    let titles = out(&[]).lines().nth(2).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(titles, "layer output kernel stride field params MACs share written");
    let largest = out(&["--format", "csv", "--columns", "name,kernel", "--sort", "kernel", "--top", "1"]);
    assert_eq!(largest, "name,kernel\nspread.conv_transpose,4x4\n", "kernels are sorted by their size");
}

#[test]
fn where_fields_start_and_how_far_they_move_is_shown_on_request() {
    let dir = Dir::new();
    let net = dir.write("fields.net", "net n {\n    input x: [3, 16, 16]\n    a = x -> conv(4, [3, 5], stride=[2, 1], pad=[1, 2])\n    b = a -> upsample(4)\n    output y = b -> global_avgpool\n}\n");
    let rows = pointwise(&["analyze", &net, "--format", "csv", "--columns", "name,rf_stride,rf_offset"]).out;
    assert_eq!(
        rows,
        "name,rf_stride,rf_offset\na.conv,2x1,\"[-1, -2]\"\nb.upsample,1/2x1/4,\"[-1, -2]\"\ny.global_avgpool,0,0\n"
    );
    let got = json(&["analyze", &net, "--format", "json"], 0);
    let told = |name: &str| ["rf_stride", "rf_offset"].map(|key| layer(&got, name)[key].clone());
    assert_eq!(told("b.upsample"), [value!([[1, 2], [1, 4]]), value!([-1, -2])]);
    assert_eq!(told("y.global_avgpool"), [value!([[0, 1], [0, 1]]), value!([0, 0])]);
}

#[test]
fn kinds_of_convolutions_are_rows() {
    let dir = Dir::new();
    let net = dir.write("shapes.net", SHAPES.replace("relu", "conv(4, 1) -> conv(6, 3)"));
    let groups = json(&["analyze", &net, "--by", "op", "--format", "json"], 0)["groups"].clone();
    let rows: Vec<_> = groups.as_array().expect("groups").iter().map(|g| (g["name"].as_str(), g["layers"].as_u64())).collect();
    let kinds = ["conv grouped", "conv depthwise", "conv transposed", "maxpool", "conv 1x1", "conv kxk"];
    assert_eq!(rows, kinds.map(|kind| (Some(kind), Some(1))));
    let net = json(&["analyze", &model("mobilenet_v2"), "--by", "op", "--format", "json"], 0);
    for key in ["params", "macs", "layers"] {
        let sum: u64 = net["groups"].as_array().expect("groups").iter().filter_map(|group| group[key].as_u64()).sum();
        assert_eq!(Some(sum), net["totals"][key].as_u64(), "{key}");
    }
}

#[test]
fn rows_of_more_say_what_part_they_are() {
    let net = model("lenet5");
    let all = json(&["analyze", &net, "--format", "json"], 0);
    assert!(all.get("shown").is_none(), "all of it is shown");
    let got = json(&["analyze", &net, "--sort", "params", "--top", "2", "--format", "json"], 0);
    let sum = |key: &str| got["layers"].as_array().expect("layers").iter().filter_map(|l| l[key].as_f64()).sum::<f64>();
    let count = all["layers"].as_array().map_or(0, Vec::len);
    assert_eq!((got["shown"]["rows"].as_u64(), got["shown"]["of"].as_u64()), (Some(2), Some(count as u64)));
    for key in ["params", "macs"] {
        let share = sum(key) / got["totals"][key].as_f64().expect("a total");
        assert!((got["shown"][format!("{key}_share")].as_f64().expect("a share") - share).abs() < 1e-12, "{key}");
    }
    let text = pointwise(&["analyze", &net, "--sort", "params", "--top", "2"]).out;
    assert!(text.contains(&format!("2 of {count} layers, with 13.9 % of the MACs and 94.5 % of the parameters")), "{text}");
    let text = pointwise(&["analyze", &net, "--by", "op", "--top", "2", "--format", "markdown"]).out;
    assert!(text.contains("- shown: 2 of 5 groups, with 97.4 % of the MACs"), "{text}");
}

#[test]
fn what_no_output_needs_is_counted_apart() {
    let dir = Dir::new();
    let dead = "    extra = x -> s -> conv(8, 3, bias=false) -> bn\n";
    let text = |dead: &str| {
        format!("net n {{\n    input x: [4, 8, 8]\n    shared s = conv(4, 1)\n{dead}    output y = x -> s -> relu\n}}\n")
    };
    let net = dir.write("dead.net", text(dead));
    let got = json(&["analyze", &net, "--format", "json"], 0);
    // The 1x1's weights are needed by the other use of them; its work is not.
    let wanted = value!({ "layers": 3, "params": 288 + 16, "buffers": 16, "macs": 64 * 16 + 288 * 36, "flops": 2 * (64 * 16 + 288 * 36) + 4 * 64 });
    assert_eq!(got["dead"], wanted);
    assert_eq!(["extra.conv", "extra.bn", "y.relu"].map(|name| layer(&got, name).get("dead").is_some()), [true, true, false]);
    let clean = json(&["analyze", &dir.write("clean.net", text("")), "--format", "json"], 0);
    for key in ["layers", "params", "buffers", "macs", "flops"] {
        let [all, dead, rest] = [&got["totals"], &got["dead"], &clean["totals"]].map(|numbers| numbers[key].as_u64());
        assert_eq!(all, dead.zip(rest).map(|(dead, rest)| dead + rest), "totals count all: {key}");
    }
    let shown = pointwise(&["analyze", &net]).out;
    let line =
        "dead              no output needs their results: 3 layers with 304 parameters and 11,392 MACs, which all totals count\n";
    assert!(shown.contains(line) && shown.contains("extra.bn"), "{shown}");
    let shown = pointwise(&["analyze", &dir.path("clean.net")]).out;
    assert!(!shown.contains("dead"), "{shown}");
    let column = pointwise(&["analyze", &net, "--columns", "name,dead", "--format", "csv"]).out;
    assert!(column.contains("extra.bn,yes\ny.conv,\n"), "{column}");
}

#[test]
fn bytes_are_those_of_the_type() {
    let (net, more) = (model("shufflenet_v2_x1_0"), ["--batch", "3", "--target", "laptop", "--format", "json"]);
    let of = |dtype: &[&str]| json(&[&["analyze", net.as_str()][..], &more, dtype].concat(), 0);
    let full = of(&[]);
    assert_eq!((full["dtype"].as_str(), &full), (Some("f32"), &of(&["--dtype", "f32"])));
    for (dtype, part) in [("f16", 2), ("bf16", 2), ("int8", 4)] {
        let got = of(&["--dtype", dtype]);
        assert_eq!(got["dtype"], dtype);
        let pairs = |path: &str| (full.pointer(path).and_then(Value::as_u64), got.pointer(path).and_then(Value::as_u64));
        for key in ["weight_bytes", "activation_bytes", "peak_activation_bytes"] {
            let (whole, less) = pairs(&format!("/totals/{key}"));
            assert_eq!(whole, less.map(|bytes| bytes * part), "{key} of {dtype}");
        }
        for i in 0..full["layers"].as_array().map_or(0, Vec::len) {
            for key in ["weight_bytes", "read_bytes", "write_bytes"] {
                let (whole, less) = pairs(&format!("/layers/{i}/{key}"));
                assert_eq!(whole, less.map(|bytes| bytes * part), "{key} of layer {i} of {dtype}");
            }
        }
        let (whole, less) = pairs("/peak/lower_bound_bytes");
        assert_eq!((whole, &got["totals"]["flops"]), (less.map(|bytes| bytes * part), &full["totals"]["flops"]));
        let ms = [&got, &full].map(|document| document["predicted"]["total_ms"].as_f64().expect("a time"));
        assert!(ms[0] < ms[1], "fewer bytes take less time: {ms:?}");
    }
    let text = pointwise(&["analyze", &net, "--dtype", "bf16", "--target", "laptop"]).out;
    assert!(text.lines().next().is_some_and(|head| head.ends_with("  bytes of bf16")), "{text}");
    assert!(text.contains(" on laptop, arithmetic as fast as in f32\n"), "{text}");
    let several = pointwise(&["analyze", &net, &net, "--dtype", "int8", "--format", "csv"]).out;
    assert!(several.lines().all(|line| line.ends_with(",dtype") || line.ends_with(",int8")), "{several}");
    assert_eq!(pointwise(&["analyze", &net, "--dtype", "f8"]).code, 2);
}

#[test]
fn a_training_step_has_a_table_of_its_own() {
    let net = model("resnet18");
    let got = json(&["analyze", &net, "--training", "--batch", "4", "--by", "block", "--format", "json"], 0);
    let of = |key: &str| got["training"][key].as_u64().expect("a number");
    assert_eq!((got["training"]["optimizer"].as_str(), of("weight_bytes")), (Some("momentum"), 4 * (11_689_512 + 9_600)));
    assert_eq!((of("gradient_bytes"), of("optimizer_bytes")), (4 * 11_689_512, 4 * 11_689_512));
    let parts = ["weight_bytes", "gradient_bytes", "optimizer_bytes", "activation_bytes"];
    assert_eq!(of("total_bytes"), parts.iter().map(|key| of(key)).sum::<u64>());
    for rows in ["layers", "groups"] {
        let kept = got[rows].as_array().expect("rows").iter().filter_map(|row| row["kept_bytes"].as_u64()).sum::<u64>();
        assert_eq!(kept, of("activation_bytes"), "{rows}");
    }
    let plain = json(&["analyze", &net, "--format", "json"], 0);
    assert!(plain.get("training").is_none() && plain["layers"][0].get("kept_bytes").is_none());
    let text = pointwise(&["analyze", &net, "--training", "--batch", "4", "--optimizer", "adam"]).out;
    for part in ["adam keeps 2 numbers for each parameter", "61 tensors kept for the backward pass", "left out: gradients of act"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let text = pointwise(&["analyze", &net, "--training", "--format", "markdown"]).out;
    assert!(text.contains("| training step | bytes | of |\n|---|---:|---|\n| weights | 44.6 MiB |"), "{text}");
    let text = pointwise(&["analyze", &net, "--training", "--format", "csv"]).out;
    assert!(text.starts_with("name,output,receptive_field,params,macs,macs_share,write_bytes,kept_bytes,kernel"), "{text}");
    let several = pointwise(&["analyze", &net, &net, "--training", "--format", "csv"]).out;
    assert!(several.lines().next().is_some_and(|line| line.ends_with(",training_bytes")), "{several}");
    assert_eq!(pointwise(&["analyze", &net, "--optimizer", "adam"]).code, 2);
    let refused = pointwise(&["analyze", &net, "--training", "--dtype", "int8"]);
    assert!(refused.code == 2 && refused.err.contains("needs floats"), "{}", refused.err);
}

/// A network whose width does not go with every number of groups, and whose kernel is a list.
const KNOBS: &str = "net knobs(size=8, width=8, kernel=[1, 1], groups=1) {
    input x: [8, size, size]
    output y = x -> conv(width, kernel, groups=groups, pad=same, bias=false)
}
";

#[test]
fn combinations_of_values_give_a_line_each() {
    let dir = Dir::new();
    let net = dir.write("knobs.net", KNOBS);
    let sweep = ["--set", "size=4,8", "--set", "width=8,16", "--set", "kernel=[1,3]"];
    let out = |more: &[&str]| pointwise(&[&["analyze", net.as_str()][..], &sweep, more].concat());
    let run = out(&["--format", "csv"]);
    let line = |size: u64, width: u64| {
        let (weights, map) = (8 * width * 3, size * size);
        let (macs, bytes, peak) = (weights * map, 4 * weights, 4 * map * (8 + width));
        format!("{size},{width},\"[1,3]\",1,{weights},0,{macs},{},{bytes},{peak},\n", 2 * macs)
    };
    let head = "size,width,kernel,layers,params,buffers,macs,flops,weight_bytes,peak_activation_bytes,error\n";
    let lines: String = [line(4, 8), line(4, 16), line(8, 8), line(8, 16)].concat();
    assert_eq!((run.out, run.err, run.code), (format!("{head}{lines}"), String::new(), 0), "and no progress without a terminal");
    let got = json(&[&["analyze", net.as_str(), "--format", "json", "--training", "--dtype", "f16"][..], &sweep].concat(), 0);
    assert_eq!((&got["parameters"], &got["dtype"]), (&value!(["size", "width", "kernel"]), &value!("f16")));
    let rows = got["combinations"].as_array().expect("rows");
    assert_eq!((rows.len(), &rows[1]["parameters"]), (4, &value!({ "size": 4, "width": 16, "kernel": [1, 3] })));
    // Each line is what the network alone gives.
    let one = ["analyze", &net, "--format", "json", "--training", "--dtype", "f16", "--set", "size=4", "--set", "width=16"];
    let one = json(&[&one[..], &["--set", "kernel=[1,3]"]].concat(), 0);
    for key in ["net", "totals", "training"] {
        assert_eq!(rows[1][key], one[key], "{key}");
    }
    assert_eq!(rows[1]["error"], Value::Null);
    let table = out(&["--batch", "2"]).out;
    assert!(table.starts_with(&format!("{net}  4 combinations  batch 2\n\nsize  width  kernel  layers  params")), "{table}");
    assert!(out(&["--format", "markdown"]).out.contains("combinations\n\n| size | width | kernel | layers |"));
    assert!(out(&["--format", "yaml"]).out.contains("\ncombinations:\n- net: knobs\n"));
    assert!(out(&["--target", "laptop"]).out.contains("  time\n"));
    let two = pointwise(&["analyze", &net, &net, "--set", "size=4,8"]).out;
    assert!(two.contains("several files") || two.contains("  4 combinations"), "{two}");
    let piped = cli_common::finish(
        cli_common::command(&["analyze", "-", "--set", "size=4,8", "--format", "csv"]).stdin(std::process::Stdio::piped()),
        KNOBS.as_bytes(),
    );
    assert_eq!((piped.out.lines().count(), piped.code), (3, 0), "{}", piped.err);
}

#[test]
fn a_combination_that_fails_is_a_line_with_its_error() {
    let dir = Dir::new();
    let net = dir.write("knobs.net", KNOBS);
    let run = pointwise(&["analyze", &net, "--set", "groups=1,3,8", "--format", "csv"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!((run.code, lines.len()), (1, 4), "{}", run.out);
    assert!(lines[1].starts_with("1,1,64,") && lines[1].ends_with(',') && lines[3].starts_with("8,1,8,"), "{}", run.out);
    assert!(lines[2].starts_with("3,,,,,,,,") && lines[2].contains("PW0"), "{}", run.out);
    let shown = pointwise(&["analyze", &net, "--set", "groups=1,3"]);
    assert!(shown.code == 1 && shown.out.contains("  error\n") && shown.out.contains("PW0"), "{}", shown.out);
    assert!(!pointwise(&["analyze", &net, "--set", "groups=1,8"]).out.contains("error"));
    // An assertion that fails leaves the numbers.
    let strict = dir.write("strict.net", KNOBS.replace("}\n", "    assert params < 100\n}\n"));
    let got = json(&["analyze", &strict, "--set", "groups=1,8", "--set", "width=16", "--format", "json"], 1);
    let told =
        |row: usize| (got["combinations"][row]["totals"]["params"].as_u64(), got["combinations"][row]["error"].is_string());
    assert_eq!((told(0), told(1)), ((Some(128), true), (Some(16), false)));
}

#[test]
fn sweeps_that_make_no_sense_are_refused() {
    let dir = Dir::new();
    let net = dir.write("knobs.net", KNOBS);
    let many = (1..=101).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let (size, width) = (format!("size={many}"), format!("width={many}"));
    let refused = |arguments: &[&str], part: &str| {
        let run = pointwise(arguments);
        assert!(run.code == 2 && run.err.contains(part) && run.out.is_empty(), "{part}: {}{}", run.err, run.out);
    };
    refused(
        &["analyze", &net, "--set", &size, "--set", &width],
        "this makes 10,201 combinations, and at most 10,000 are counted",
    );
    refused(&["analyze", &net, "--set", "size=4,"], "a value is missing in `--set size=4,`");
    refused(&["analyze", &net, "--set", "size=4,8", "--by", "op"], "`--by` is for one network");
    refused(&["analyze", &net, "--set", "sise=4,8"], "the net has no parameter `sise`");
    // Only `analyze` sweeps: elsewhere several values are told from one.
    for verb in ["check", "run"] {
        refused(&[verb, &net, "--set", "size=4,8"], "only `analyze` goes through them");
    }
}
