//! Files that other programs read: YAML as readers of either version take it, pictures, graphs with all their arguments, SARIF.

mod cli_common;

use cli_common::{Dir, command, finish, model, pointwise};
use fancy_regex::Regex;
use serde_json::Value;

/// A network whose names are words that YAML 1.1 takes for something else, and whose numbers are small.
const WORDS: &str = "block off(n)(x) {\n    return x -> conv(n, 1)\n}\n\nnet on {\n    input y: [3, 8, 8]\n    no = y -> off(4)\n    n = no -> leaky_relu(0.000001)\n    null = n -> bn(eps=1e-12)\n    output yes = null\n}\n";

/// What a reader of YAML 1.1 takes plain scalars for: the expressions of its type repository as `PyYAML` has them.
struct Reader(Vec<(&'static str, Regex)>);

impl Reader {
    fn new() -> Self {
        let rules = [
            ("bool", r"^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|y|Y|n|N)$"),
            (
                "float",
                r"^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
            ),
            (
                "int",
                r"^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$",
            ),
            ("merge", r"^(?:<<)$"),
            ("null", r"^(?:~|null|Null|NULL|)$"),
            ("timestamp", r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"),
            ("value", r"^(?:=)$"),
        ];
        Self(rules.into_iter().map(|(kind, rule)| (kind, Regex::new(rule).expect("a rule"))).collect())
    }

    fn kind(&self, scalar: &str) -> &'static str {
        if scalar.starts_with('"') {
            return "text";
        }
        self.0.iter().find(|(_, rule)| rule.is_match(scalar).expect("rules are short")).map_or("text", |(kind, _)| kind)
    }
}

/// The scalars of a document in their order, keys included, each with its kind.
fn scalars(value: &Value, all: &mut Vec<&'static str>) {
    match value {
        Value::Null => all.push("null"),
        Value::Bool(_) => all.push("bool"),
        Value::Number(n) => all.push(if n.is_f64() { "float" } else { "int" }),
        Value::String(_) => all.push("text"),
        Value::Array(items) => items.iter().for_each(|item| scalars(item, all)),
        Value::Object(map) => map.values().for_each(|item| {
            all.push("text");
            scalars(item, all);
        }),
    }
}

/// The scalars of our YAML in their order: one a line, with the keys before it.
fn written(yaml: &str) -> Vec<&str> {
    let mut all = Vec::new();
    for line in yaml.lines() {
        let mut rest = line.trim_start().trim_start_matches("- ");
        let end = if rest.starts_with('"') {
            rest.find("\":").map(|at| at + 1)
        } else {
            rest.find(": ").or(rest.strip_suffix(':').map(str::len))
        };
        if let Some(end) = end {
            all.push(&rest[..end]);
            rest = rest[end + 1..].trim_start();
        }
        if !(rest.is_empty() || rest == "[]" || rest == "{}") {
            all.push(rest);
        }
    }
    all
}

/// With floats to ten digits: not every reader takes the last one for the same.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => format!("{:.9e}", n.as_f64().expect("it is a float")).into(),
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, rounded(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// The same document under both versions of YAML and as JSON.
fn is_read_alike(yaml: &str, json: &str) {
    let (of_json, reader): (Value, _) = (serde_json::from_str(json).expect("JSON"), Reader::new());
    assert!(rounded(serde_yaml::from_str(yaml).expect("YAML")) == rounded(of_json.clone()), "{yaml}");
    let mut kinds = Vec::new();
    scalars(&of_json, &mut kinds);
    let found = written(yaml);
    assert_eq!(found.len(), kinds.len(), "{yaml}");
    for (scalar, kind) in found.iter().zip(kinds) {
        assert_eq!(reader.kind(scalar), kind, "`{scalar}` in {yaml}");
    }
}

#[test]
fn yaml_is_read_alike_by_readers_of_both_versions() {
    let dir = Dir::new();
    let words = dir.write("words.net", WORDS);
    let knobs =
        dir.write("knobs.net", "net knobs(mode=\"on\", `1:30`=1) {\n    input x: [3, 8, 8]\n    output y = x -> conv(4, 1)\n}\n");
    let squeezenet = model("squeezenet1_1");
    let commands: &[&[&str]] = &[
        &["analyze", &words],
        &["analyze", &squeezenet, "--target", "laptop", "--training", "--by", "block"],
        &["analyze", &words, &squeezenet],
        &["analyze", &knobs, "--set", "mode=on,off,1e3,\"no\",0x1F,2026-11-26"],
        &["optimize", &squeezenet, "--dry-run", "--budget", "macs=50%"],
        &["optimize", &model("lenet5"), "--pareto", "macs=90%,1%"],
    ];
    for command in commands {
        let [yaml, json] = ["yaml", "json"].map(|format| pointwise(&[command, &["--format", format][..]].concat()).out);
        is_read_alike(&yaml, &json);
    }
    for (at, command) in
        [&["convert", &words][..], &["convert", &squeezenet], &["report", &squeezenet, "--ratio", "4", "-o"]].iter().enumerate()
    {
        for ending in ["yaml", "json"] {
            assert_eq!(pointwise(&[command, &[dir.path(&format!("{at}.{ending}")).as_str()][..]].concat()).code, 0);
        }
        is_read_alike(&dir.read(&format!("{at}.yaml")), &dir.read(&format!("{at}.json")));
    }
    let graph = dir.read("0.yaml");
    for line in ["net: \"on\"", "- name: \"yes\"", "  - \"y\"", "    slope: 1.0e-6", "  block: \"no\"", "  node: null.bn"] {
        assert!(graph.lines().any(|other| other == line), "{line}: {graph}");
    }
}

/// Arguments of nodes in JSON of a one-layer net.
fn arguments(dir: &Dir, layer: &str) -> Value {
    let net = dir.write("one.net", format!("net n {{\n    input x: [8, 12, 12]\n    output y = x -> {layer}\n}}\n"));
    let out = dir.path("one.json");
    assert_eq!(pointwise(&["convert", &net, &out]).code, 0, "{layer}");
    let graph: Value = serde_json::from_str(&dir.read("one.json")).expect("JSON");
    graph["nodes"][1]["arguments"].clone()
}

#[test]
fn a_graph_has_every_argument_with_its_value() {
    let dir = Dir::new();
    let conv = serde_json::json!({ "out": 4, "k": 1, "stride": 1, "pad": 0, "dilation": 1, "groups": 1, "bias": true });
    assert_eq!(arguments(&dir, "conv(4)"), conv);
    // As written or as left out, it is one graph.
    assert_eq!(arguments(&dir, "conv(4, 1, stride=[1, 1], pad=0, bias=true)"), conv);
    let pool = arguments(&dir, "maxpool(3)");
    assert_eq!((&pool["stride"], &pool["ceil"]), (&3.into(), &false.into()), "what is as another argument has its value: {pool}");
    assert_eq!(arguments(&dir, "upsample(size=24)")["factor"], Value::Null, "none is null");
    assert_eq!(arguments(&dir, "relu"), serde_json::json!({}));
    let keys = |text: &str| -> Vec<String> {
        let Value::Object(map) = arguments(&dir, text) else { panic!("no object") };
        map.keys().cloned().collect()
    };
    let signature = pointwise(&["ops", "bn"]).out;
    for key in keys("bn") {
        assert!(signature.contains(&key), "{key}: {signature}");
    }
}

/// The opening tags of elements that draw something.
fn drawn(picture: &str) -> Vec<&str> {
    let is_drawn = |tag: &&str| ["rect ", "path ", "text "].iter().any(|name| tag.starts_with(name));
    picture.split('<').map(|tag| tag.split('>').next().unwrap_or("")).filter(is_drawn).collect()
}

#[test]
fn pictures_need_no_style_sheet() {
    let dir = Dir::new();
    let net = dir.write("n.net", "net n {\n    input image: [64, 32, 32]\n    a = image -> conv(64, 3, pad=1) -> relu\n    output y = a + image\n    refine a.conv = reduce(16)\n}\n");
    assert_eq!(pointwise(&["convert", &net, &dir.path("n.svg")]).code, 0);
    let picture = dir.read("n.svg");
    assert!(!picture.contains("var(") && !picture.contains("--"), "{picture}");
    let tags = drawn(&picture);
    assert!(tags.len() > 15, "{picture}");
    for tag in tags {
        assert!(tag.contains(" fill=\"#") || tag.contains(" fill=\"none\""), "{tag}");
    }
    assert!(picture.contains("fill=\"#dff5e8\" stroke=\"#17804d\""), "what was inserted is marked: {picture}");
    // What a style sheet says is for the dark alone, and every rule of it begins there.
    let sheet = picture.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a sheet").0;
    assert!(sheet.starts_with("@media(prefers-color-scheme:dark){") && sheet.ends_with("}}"), "{sheet}");
}

#[test]
fn sarif_names_the_tool_and_describes_what_it_found() {
    let run = pointwise(&["check", "tests/corpus/paths/marks.net", "--output-format", "sarif"]);
    let log: Value = serde_json::from_str(&run.out).expect("JSON");
    let driver = &log["runs"][0]["tool"]["driver"];
    for key in ["informationUri", "version", "semanticVersion"] {
        assert!(driver[key].is_string(), "{key}: {driver}");
    }
    let rule = &driver["rules"][0];
    assert!(rule["fullDescription"]["text"].as_str().is_some_and(|text| text.starts_with("A mark above a statement")), "{rule}");
    assert_eq!(log["runs"][0]["results"][0]["ruleIndex"], 0);
}

#[test]
fn formats_have_the_same_words_everywhere() {
    let (net, squeezenet) = (model("lenet5"), model("squeezenet1_1"));
    let commands: &[&[&str]] = &[
        &["analyze", &net],
        &["optimize", &net, "--dry-run", "--ratio", "4"],
        &["optimize", &squeezenet, "--pareto", "macs=80%"],
        &["report", &net, "--ratio", "4"],
        &["report", &net, &net],
        &["report", &squeezenet, "--pareto", "macs=80%"],
        &["bench", &net, "--runs", "1"],
        &["ops"],
        &["ops", "conv"],
        &["target", "list"],
    ];
    for command in commands {
        for format in ["table", "markdown", "csv", "json", "yaml"] {
            let run = pointwise(&[command, &["--format", format][..]].concat());
            assert!(run.code == 0 && !run.out.is_empty(), "{command:?} {format}: {}", run.err);
            match format {
                "json" => assert!(serde_json::from_str::<Value>(&run.out).is_ok(), "{command:?}: {}", run.out),
                "yaml" => assert!(serde_yaml::from_str::<Value>(&run.out).is_ok(), "{command:?}: {}", run.out),
                "markdown" => assert!(run.out.contains("|---"), "{command:?}: {}", run.out),
                "csv" => assert!(run.out.lines().next().is_some_and(|line| line.contains(',')), "{command:?}: {}", run.out),
                _ => assert!(!run.out.contains("|---"), "{command:?}: {}", run.out),
            }
        }
    }
    assert_eq!(pointwise(&["check", &net, "--format", "sarif"]).out, pointwise(&["check", &net, "--output-format", "sarif"]).out);
    let operations: Value = serde_json::from_str(&pointwise(&["ops", "maxpool", "--format", "json"]).out).expect("JSON");
    let stride = &operations["operations"][0]["parameters"][1];
    assert_eq!((&stride["name"], &stride["default"]), (&"stride".into(), &"k".into()), "{operations}");
}

#[test]
fn a_report_has_one_form() {
    let (dir, net) = (Dir::new(), model("lenet5"));
    for (file, format, code) in
        [("a.json", "json", 0), ("a.txt", "markdown", 0), ("a.json", "csv", 2), ("a.txt", "table", 2), ("a.yml", "yaml", 0)]
    {
        let run = pointwise(&["report", &net, &net, "-o", &dir.path(file), "--format", format]);
        assert_eq!(run.code, code, "{file} {format}: {}", run.err);
    }
    assert!(dir.read("a.txt").starts_with("# lenet5"), "{}", dir.read("a.txt"));
    let run = pointwise(&["report", &net, &net, "-o", &dir.path("b.txt")]);
    assert!(run.code == 2 && run.err.contains("`--format` says it"), "{}", run.err);
}

#[test]
fn tables_are_of_ascii_where_the_locale_is() {
    let net = model("lenet5");
    let shown = |variables: &[(&str, &str)], arguments: &[&str]| finish(command(arguments).envs(variables.iter().copied()), b"");
    for arguments in [&["analyze", &net][..], &["optimize", &net, "--dry-run", "--ratio", "4"], &["report", &net, &net], &["ops"]]
    {
        let ascii = shown(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")], arguments);
        assert!(ascii.out.is_ascii(), "{}", ascii.out);
        for utf8 in [&[][..], &[("LANG", "C.UTF-8")]] {
            assert_eq!(shown(utf8, arguments).out, pointwise(arguments).out);
        }
    }
    assert!(pointwise(&["analyze", &net]).out.contains('─'), "where nothing is said");
    let mistake = Dir::new().write("m.net", "");
    let run = shown(&[("LC_CTYPE", "POSIX")], &["check", &mistake]);
    assert!(!run.err.contains('━') && !run.err.contains('│'), "{}", run.err);
    // Data is what it is.
    let data = shown(&[("LC_ALL", "C")], &["analyze", &net, "--format", "json"]);
    assert_eq!(data.out, pointwise(&["analyze", &net, "--format", "json"]).out);
}
