//! The HTML report: its markup, its data, and what hostile names do to it.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{model, zoo};
use pointwise::analysis::roofline::{Cores, predict};
use pointwise::analysis::target::Target;
use pointwise::analysis::{Options, analyze};
use pointwise::graph::{Instance, Maker, Node, Origin};
use pointwise::op::form::{Form, Refinement};
use pointwise::report::html::{Networks, page};
use pointwise::report::network::{Forecast, Network, Subject};
use pointwise::report::savings::{Extras, Savings};
use pointwise::rewrite::refined::forms;
use pointwise::rewrite::{Between, Request, refine};
use pointwise::source::{SourceSet, Span};
use pointwise::{Graph, Op, Shape, Shaped, infer};
use serde_json::Value;

fn compiled(name: &str) -> Shaped {
    model(name, &[]).network.expect("it compiles").shaped
}

/// The network with a 1x1 before every 3x3 of many channels.
fn refined(net: &Shaped) -> Shaped {
    let graph = net.graph();
    let wide = net.order().iter().filter(|id| matches!(&graph.node(**id).op, Op::Conv(c) if c.kernel == [3, 3] && c.groups == 1));
    let how = Refinement { form: Form::Reduce { r: 8 }, between: Between::ByForm };
    let requests: Vec<Request> = wide.map(|id| Request { node: *id, how, by: Maker::Optimizer }).collect();
    assert!(!requests.is_empty());
    infer(refine(net, &requests).expect("it takes them").graph).expect("it fits")
}

/// The report of two networks.
fn report(before: &Shaped, after: &Shaped) -> String {
    let target = Target::shipped("laptop").expect("it is known");
    let numbers = [before, after].map(|net| {
        let analysis = analyze(net, &Options::default()).expect("it can be counted");
        let times = predict(&analysis, net, &target, Cores::All);
        (analysis, Forecast { target: target.name.clone(), times })
    });
    let subject = |shaped, at: usize| {
        let (analysis, forecast) = (&numbers[at].0, Some(&numbers[at].1));
        Subject { source: "<\"n\">.net", sources: None, shaped, analysis, notes: &[], forecast }
    };
    let networks = Networks { before: subject(before, 0), after: subject(after, 1) };
    let extras = Extras { forms: forms(after.graph()), ..Extras::default() };
    let savings = Savings::between(&Network::new(&networks.before), &Network::new(&networks.after), extras);
    page(&savings, Some(&networks))
}

/// The text between two marks that stand there once.
fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    assert_eq!(text.matches(open).count(), 1, "{open}");
    text.split_once(open).expect("it is there").1.split_once(close).expect("it ends").0
}

fn data(page: &str) -> Value {
    serde_json::from_str(between(page, "<script type=\"application/json\" id=\"graph-data\">", "</script>")).expect("it is JSON")
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is a whole number"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether a box shows layers of its own, and not where data comes from or goes to.
fn is_own(item: &Value) -> bool {
    item["kind"] != "gate" && !item["key"].as_str().is_some_and(|key| key.starts_with("output "))
}

/// Holds scopes to what the script expects of them; returns how often each layer is shown in a box that does not open.
fn hold(name: &str, scopes: &[Value]) -> BTreeMap<i64, usize> {
    let mut shown = BTreeMap::new();
    let mut opened = BTreeSet::from([0]);
    for (at, scope) in scopes.iter().enumerate() {
        let boxes = list(&scope["boxes"]);
        let layers = |item: &Value| list(&item["layers"]).iter().map(number).collect::<BTreeSet<_>>();
        for item in boxes.iter().filter(|item| is_own(item)) {
            if let Some(inner) = item["inner"].as_u64() {
                assert!(inner as usize > at && opened.insert(inner), "{name}: {inner} is opened once, from outside");
                let within = list(&scopes[inner as usize]["boxes"]).iter().filter(|item| is_own(item)).flat_map(layers).collect();
                assert_eq!(layers(item), within, "{name}: {}", item["key"]);
                assert!(item["sum"]["layers"].is_u64(), "{name}");
            } else {
                for layer in layers(item) {
                    *shown.entry(layer).or_insert(0) += 1;
                }
            }
        }
        let places: Vec<[i64; 4]> = boxes
            .iter()
            .map(|item| {
                let of = |key: &str, i: usize| number(&item[key][i]);
                assert!(list(&scope["rows"]).len() > number(&item["rank"]) as usize, "{name}");
                [of("at", 0) - of("size", 0) / 2, of("at", 1) - of("size", 1) / 2, of("size", 0), of("size", 1)]
            })
            .collect();
        for (i, a) in places.iter().enumerate() {
            let apart = |b: &[i64; 4]| a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] || a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1];
            assert!(places[i + 1..].iter().all(apart), "{name}: {} covers another box", boxes[i]["key"]);
        }
        for edge in list(&scope["edges"]) {
            let rank = |i: usize| number(&boxes[number(&edge[i]) as usize]["rank"]);
            let lanes = list(edge).len() as i64 - 2;
            assert!(rank(0) < rank(1) && (lanes == 0 || lanes == rank(1) - rank(0) - 1), "{name}: {edge}");
        }
        let keys: BTreeSet<&str> = boxes.iter().filter_map(|item| item["key"].as_str()).collect();
        assert_eq!(keys.len(), boxes.len(), "{name}: keys tell boxes apart");
    }
    assert_eq!(opened.len(), scopes.len(), "{name}: every scope can be opened");
    shown
}

/// Tags that are opened are closed, in order; what is in scripts and styles is no markup.
fn well_formed(name: &str, page: &str) {
    const VOID: &[&str] = &["meta", "wbr", "br", "input", "!doctype"];
    let mut open: Vec<String> = Vec::new();
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        let (inside, behind) = tag.split_once('>').unwrap_or_else(|| panic!("{name}: a tag ends"));
        assert_eq!(inside.matches('"').count() % 2, 0, "{name}: <{inside}>");
        let word = inside.split([' ', '\n', '/']).next().unwrap_or_default().to_lowercase();
        rest = behind;
        if let Some(closed) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed), "{name}: </{closed}>");
        } else if !VOID.contains(&word.as_str()) && !inside.ends_with('/') {
            if word == "script" || word == "style" {
                rest = behind.split_once(&format!("</{word}>")).unwrap_or_else(|| panic!("{name}: {word} ends")).1;
            } else {
                open.push(word);
            }
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
}

#[test]
fn every_layer_of_the_zoo_is_shown_once_and_has_its_numbers() {
    for name in zoo() {
        let net = compiled(&name);
        let page = report(&net, &net);
        well_formed(&name, &page);
        let data = data(&page);
        for side in ["before", "after"] {
            let layers = list(&data[side]["layers"]);
            assert_eq!(layers.len(), net.order().len(), "{name}");
            let shown = hold(&name, list(&data[side]["scopes"]));
            assert!(shown.len() == layers.len() && shown.values().all(|n| *n == 1), "{name}: {shown:?}");
            for (layer, id) in layers.iter().zip(net.order()) {
                let node = net.graph().node(*id);
                assert_eq!(layer["name"], node.name.as_str());
                assert!(layer["out"].is_array() && layer["call"].is_string() && layer["macs"].is_u64(), "{layer}");
                let counted = !matches!(node.op, Op::Input(_));
                assert_eq!((layer["field"].is_array(), layer["ms"].is_f64()), (counted, counted), "{layer}");
                let windowed = matches!(node.op, Op::Conv(_) | Op::Pool(_) | Op::ConvTranspose(_));
                for key in ["kernel", "stride", "pad"] {
                    assert_eq!(!layer[key].is_null(), windowed, "{key} of {layer}");
                }
                let grouped = matches!(node.op, Op::Conv(_) | Op::ConvTranspose(_));
                assert_eq!(layer["groups"].is_u64(), grouped, "{layer}");
            }
        }
        assert!(data["overlay"].is_null() && !page.contains("data-mode=\"both\""), "{name}: nothing changed");
    }
}

#[test]
fn what_changed_is_marked_in_every_view() {
    let before = compiled("densenet121");
    let after = refined(&before);
    let page = report(&before, &after);
    let data = data(&page);
    let marked = |side: &str, mark: &str| list(&data[side]["layers"]).iter().filter(|layer| layer["mark"] == mark).count();
    assert_eq!((marked("before", "changed"), marked("after", "changed")), (58, 58));
    assert_eq!(marked("after", "inserted"), after.order().len() - before.order().len());
    assert_eq!(marked("before", "removed"), 0);
    let inserted = list(&data["after"]["layers"]).iter().find(|layer| layer["mark"] == "inserted").expect("one was");
    assert!(inserted["for"].as_str().is_some_and(|of| inserted["name"].as_str().is_some_and(|name| name.starts_with(of))));
    let kinds = |side: &str| {
        let boxes = list(&data[side]["scopes"]).iter().flat_map(|scope| list(&scope["boxes"]));
        boxes.filter_map(|item| item["kind"].as_str()).collect::<BTreeSet<_>>()
    };
    assert!(kinds("after").is_superset(&BTreeSet::from(["new", "changed", "block", "port", "gate"])), "{:?}", kinds("after"));
    assert!(!kinds("before").contains("new"));
    // The still picture, which needs no script, says the same.
    let still = page.split_once("<div class=\"still\">").expect("it is there").1;
    assert!(still.contains("<g class=\"new\">") && still.contains("The network before"));
}

#[test]
fn an_overlay_shows_what_is_gone_beside_what_is_there() {
    let (before, after) = (compiled("googlenet_paper"), compiled("googlenet_naive"));
    let page = report(&before, &after);
    let data = data(&page);
    let removed: BTreeSet<i64> = list(&data["before"]["layers"])
        .iter()
        .enumerate()
        .filter(|(_, layer)| layer["mark"] == "removed")
        .map(|(at, _)| -1 - at as i64)
        .collect();
    assert!(removed.len() > 20, "{removed:?}");
    let shown = hold("overlay", list(&data["overlay"]));
    assert!(shown.values().all(|n| *n == 1));
    assert_eq!(shown.keys().filter(|at| **at < 0).copied().collect::<BTreeSet<_>>(), removed);
    assert_eq!(shown.len(), after.order().len() + removed.len());
    let gone = list(&data["overlay"]).iter().flat_map(|scope| list(&scope["boxes"])).filter(|item| item["kind"] == "gone");
    assert!(gone.count() > 10);
    for (name, before, after) in [("other", "mobilenet_v2", "mobilenet_v3_large"), ("other", "resnet50", "vgg16")] {
        let page = report(&compiled(before), &compiled(after));
        hold(name, list(&crate::data(&page)["overlay"]));
    }
}

#[test]
fn labels_carry_stride_pad_and_groups() {
    let page = report(&compiled("resnext50_32x4d"), &compiled("resnext50_32x4d"));
    assert!(page.matches("conv(64, 7, stride=2, pad=3)").count() >= 3, "in the picture, the data and the table");
    let data = data(&page);
    let lines =
        list(&data["after"]["scopes"]).iter().flat_map(|scope| list(&scope["boxes"])).flat_map(|item| list(&item["lines"]));
    let lines: Vec<&str> = lines.filter_map(Value::as_str).collect();
    for part in ["conv(64, 7, stride=2, pad=3)", "maxpool(3, stride=2, pad=1)", "groups=32"] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}");
    }
    assert!(lines.iter().all(|line| line.chars().count() <= 44), "{lines:?}");
}

#[test]
fn a_large_report_is_small_enough_to_send_and_the_same_each_time() {
    let before = compiled("resnet152");
    let after = refined(&before);
    let page = report(&before, &after);
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
    assert_eq!(page, report(&before, &after));
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let net = compiled("squeezenet1_0");
    let page = report(&net, &refined(&net));
    let links = page.matches("http").count() - page.matches("http-equiv").count();
    assert_eq!(links, page.matches("http://www.w3.org/2000/svg").count(), "namespaces are no links");
    for word in [
        " src=",
        " href=",
        "url(",
        "@import",
        "@font-face",
        "fetch(",
        "XMLHttpRequest",
        "import(",
        "WebSocket",
        "eval(",
        "innerHTML",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert!(
        policy.starts_with("default-src 'none'; ") && policy.contains("script-src 'sha256-") && !policy.contains("http"),
        "{policy}"
    );
    assert!(!policy.contains("script-src 'unsafe"), "{policy}");
    assert_eq!(page.matches("<script").count(), 2, "the data and the program");
}

/// A network whose every name is hostile.
fn hostile(width: u64) -> Shaped {
    const EVIL: &str = "</script><script>alert(1)</script>\"'&<!--\u{2028}";
    let mut graph = Graph::new(EVIL, Some(EVIL.to_owned()));
    let input = graph.add(Node::new(format!("in{EVIL}"), Op::Input(Shape::new(&[4, 8, 8]).expect("a shape")), Vec::new()));
    let source = SourceSet::new().add("n.net", "");
    let call = Span { source, start: 0, end: 0 };
    let instance = graph.add_instance(Instance { path: EVIL.into(), block: EVIL.to_owned(), call, parent: None });
    let conv = Op::Conv(pointwise::op::Conv {
        out: width,
        kernel: [3, 3],
        stride: [1, 1],
        pad: pointwise::op::Padding::even([1, 1]),
        dilation: [1, 1],
        groups: 1,
        bias: true,
        depthwise: false,
        line: false,
    });
    let mut last = input;
    for i in 0..2 {
        let origin = Origin { instance: Some(instance), ..Origin::default() };
        last = graph.add(Node { origin, ..Node::new(format!("{EVIL}.{i}{EVIL}"), conv.clone(), vec![last]) });
    }
    graph.add_output(format!("out{EVIL}"), last);
    infer(graph).expect("it fits")
}

#[test]
fn names_cannot_leave_their_place() {
    let (before, after) = (hostile(4), hostile(8));
    let page = report(&before, &after);
    well_formed("hostile", &page);
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<script>alert") && !page.contains("<!--"));
    let json = between(&page, "id=\"graph-data\">", "</script>");
    assert!(!json.contains(['<', '>', '&', '\u{2028}']), "{json}");
    let data = data(&page);
    let name = data["after"]["layers"][1]["name"].as_str().expect("a name");
    assert!(name.contains("</script>") && name.contains('\u{2028}') && name.contains("\"'&<!--"), "{name}");
    let picture = pointwise::report::drawing::svg(&after);
    well_formed("picture", &picture);
    assert!(!picture.contains("<script"));
}
