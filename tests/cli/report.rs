//! `report`: its forms, and what it measures.

use serde_json::Value;

use crate::cli_common::{Dir, SMALL, model, pointwise};

#[test]
fn the_report_in_every_form() {
    let dir = Dir::new();
    let small = dir.path("small.net");
    assert_eq!(pointwise(&["optimize", &model("squeezenet1_0"), "--ratio", "2", "-o", &small]).code, 0);
    for extension in ["html", "md", "json", "csv", "yaml"] {
        let out = dir.path(&format!("report.{extension}"));
        let run = pointwise(&["report", &model("squeezenet1_0"), &small, "-o", &out]);
        assert_eq!(run.code, 0, "{extension}: {}", run.err);
    }
    let report: Value = serde_json::from_str(&dir.read("report.json")).expect("it is JSON");
    assert!(report["measured"].is_null());
    let (before, after) = (report["before"]["macs"].as_i64(), report["after"]["macs"].as_i64());
    assert_eq!(report["saved"]["macs"]["absolute"].as_i64(), before.zip(after).map(|(b, a)| b - a));
    let change = &report["changes"][0];
    assert!(change["layer"].is_string() && change["form"] == "expand" && change["channels"][0].is_u64(), "{change}");
    assert!(change["before"]["macs"].as_u64() > change["after"]["macs"].as_u64(), "{change}");
    let html = dir.read("report.html");
    assert!(
        html.contains("Content-Security-Policy") && !html.contains("<script src") && !html.contains("http-equiv=\"refresh\"")
    );
    assert!(html.contains("script-src 'sha256-") && html.contains("<script type=\"application/json\""));
    let outside =
        html.matches("http").count() - html.matches("http-equiv").count() - html.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(outside, 0, "the page loads nothing from elsewhere");
}

#[test]
fn a_report_of_one_network_says_what_optimizing_would_save() {
    let dir = Dir::new();
    let out = dir.path("r.json");
    assert_eq!(pointwise(&["report", &model("vgg11"), "--ratio", "4", "-o", &out]).code, 0);
    let report: Value = serde_json::from_str(&dir.read("r.json")).expect("it is JSON");
    assert!(report["saved"]["macs"]["percent"].as_f64().is_some_and(|p| p > 30.0), "{}", report["saved"]);
}

#[test]
fn measuring_says_how_often_and_how_long() {
    let dir = Dir::new();
    let (net, out) = (dir.write("small.net", SMALL), dir.path("r.json"));
    let run = pointwise(&["report", &net, &net, "--measure", "--runs", "3", "--threads", "1", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let measured = serde_json::from_str::<Value>(&dir.read("r.json")).expect("it is JSON")["measured"].clone();
    assert_eq!((&measured["runs"], &measured["threads"]), (&3.into(), &1.into()));
    assert!(measured["after"]["median_ms"].as_f64().is_some_and(|ms| ms > 0.0));
}

#[test]
fn the_form_of_a_change_is_that_of_the_plan() {
    let dir = Dir::new();
    let text = "net a {\n    input x: [64, 8, 8]\n    y = x -> conv(64, 1)\n    output z = y -> flatten -> linear(64)\n}\n";
    let net = dir.write("a.net", text);
    let out = dir.path("b.net");
    assert_eq!(pointwise(&["optimize", &net, "--form", "pointwise", "--ratio", "4", "-o", &out]).code, 0);
    let report = dir.path("r.json");
    for after in [&["--form", "pointwise", "--ratio", "4"][..], &[out.as_str()]] {
        let run = pointwise(&[&["report", &net, "-o", &report][..], after].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let document: serde_json::Value = serde_json::from_str(&dir.read("r.json")).expect("it is JSON");
        let changes = document["changes"].as_array().expect("a list");
        let of = |i: usize| (changes[i]["layer"].as_str(), changes[i]["form"].as_str(), changes[i]["channels"][0].as_u64());
        assert_eq!(
            (of(0), of(1)),
            ((Some("y.conv"), Some("pointwise"), Some(16)), (Some("z.linear"), Some("pointwise"), Some(16)))
        );
    }
}
