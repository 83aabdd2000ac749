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
    assert_eq!(told("sided"), [value!([1, 3]), value!([2, 1]), value!([0, 1, 2, 3]), value!([1, 2]), value!(2)]);
    assert_eq!(told("alone"), [value!([3, 3]), value!([1, 1]), value!([1, 1, 1, 1]), value!([1, 1]), value!(8)]);
    assert_eq!(told("spread"), [value!([4, 4]), value!([2, 2]), value!([1, 1, 1, 1]), value!([1, 1]), value!(1)]);
    assert_eq!(told("pooled"), [value!([3, 3]), value!([2, 2]), value!([1, 1, 1, 1]), value!([1, 1]), Value::Null]);
    assert_eq!(told("y"), [(); 5].map(|()| Value::Null));
    assert!(layer(&got, "y").get("kernel").is_some(), "what an operation has none of is null, not left out");
}

#[test]
fn windows_are_columns() {
    let dir = Dir::new();
    let net = dir.write("shapes.net", SHAPES);
    let out = |more: &[&str]| pointwise(&[&["analyze", &net], more].concat()).out;
    let rows = out(&["--format", "csv", "--columns", "name,kernel,stride,pad,dilation,groups"]);
    assert!(rows.contains("\nsided,1x3,2x1,\"[0, 1, 2, 3]\",1x2,2\nalone,3x3,1,1,1,8\nspread,4x4,2,1,1,1\n"), "{rows}");
    assert!(rows.contains("\npooled,3x3,2,1,1,\ny,,,,,\n"), "{rows}");
    // As data they stand behind what stood there before them; without a terminal there is room for two of them.
    let head = out(&["--format", "csv"]);
    let keys = "name,output,receptive_field,params,macs,macs_share,write_bytes,kernel,stride,pad,dilation,groups\n";
    assert!(head.starts_with(keys), "{head}");
    let titles = out(&[]).lines().nth(2).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(titles, "layer output kernel stride field params MACs share written");
    let largest = out(&["--format", "csv", "--columns", "name,kernel", "--sort", "kernel", "--top", "1"]);
    assert_eq!(largest, "name,kernel\nspread,4x4\n", "kernels are sorted by their size");
}

#[test]
fn where_fields_start_and_how_far_they_move_is_shown_on_request() {
    let dir = Dir::new();
    let net = dir.write("fields.net", "net n {\n    input x: [3, 16, 16]\n    a = x -> conv(4, [3, 5], stride=[2, 1], pad=[1, 2])\n    b = a -> upsample(4)\n    output y = b -> global_avgpool\n}\n");
    let rows = pointwise(&["analyze", &net, "--format", "csv", "--columns", "name,rf_stride,rf_offset"]).out;
    assert_eq!(rows, "name,rf_stride,rf_offset\na,2x1,\"[-1, -2]\"\nb,1/2x1/4,\"[-1, -2]\"\ny,0,0\n");
    let got = json(&["analyze", &net, "--format", "json"], 0);
    let told = |name: &str| ["rf_stride", "rf_offset"].map(|key| layer(&got, name)[key].clone());
    assert_eq!(told("b"), [value!([[1, 2], [1, 4]]), value!([-1, -2])]);
    assert_eq!(told("y"), [value!([[0, 1], [0, 1]]), value!([0, 0])]);
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
