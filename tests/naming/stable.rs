//! Edits elsewhere rename nothing.

use super::{layers, network};

const BEFORE: &str = "block unit(n)(x) {
    y = x -> conv(n, 3, pad=1, bias=false) -> bn
    return y + x -> relu
}

block stage(n, depth)(x) {
    for i in 0..depth {
        x = x -> unit(n)
    }
    return x
}

net stable {
    input x: [8, 6, 6]
    a = x -> unit(8)
    b = a -> conv(8, 1) -> relu
    c = b -> stage(8, 2)
    d = c -> conv(8, 1) as stem -> unit(8) as layer1.0
    output y = d -> unit(8)
}
";

/// After an edit every layer is there under its name, with its operation and its tensors.
#[track_caller]
fn renames_nothing(before: &str, edits: &[(&str, &str)]) {
    let mut after = before.to_owned();
    for (from, to) in edits {
        assert!(after.contains(from), "{from} is not in the text");
        after = after.replacen(from, to, 1);
    }
    let (old, new) = (layers(&network(before)), layers(&network(&after)));
    for (name, layer) in &old {
        assert_eq!(new.get(name), Some(layer), "{name} is not what it was in\n{after}");
    }
}

#[test]
fn what_follows_a_block_renames_nothing_in_it() {
    for line in ["a = x -> unit(8)", "c = b -> stage(8, 2)", "output y = d -> unit(8)", "b = a -> conv(8, 1) -> relu"] {
        for behind in [" -> relu", " -> relu -> relu", " -> conv(8, 1)", " -> unit(8)", " -> stage(8, 1)", " -> unit(8) as more"]
        {
            renames_nothing(BEFORE, &[(line, &format!("{line}{behind}"))]);
        }
    }
}

#[test]
fn what_stands_round_a_block_renames_nothing_in_it() {
    for (target, value) in [("a", "x -> unit(8)"), ("c", "b -> stage(8, 2)"), ("output y", "d -> unit(8)")] {
        let line = format!("{target} = {value}");
        for around in [
            "relu(V)",
            "relu(relu(V))",
            "(V) * 2.0",
            "1.0 - (V)",
            "x + (V)",
            "(V) + x",
            "-(V)",
            "(V)",
            "conv(8, 1)(V)",
            "unit(8)(V)",
            "V -> relu",
        ] {
            renames_nothing(BEFORE, &[(&line, &format!("{target} = {}", around.replace('V', value)))]);
        }
    }
}

#[test]
fn statements_elsewhere_rename_nothing() {
    let lines = ["a = x", "b = a", "c = b", "d = c", "output y"];
    let others = [
        "z = x -> conv(8, 1)",
        "z = x -> unit(8)",
        "a_2 = x -> conv(8, 1)",
        "a_2 = x -> unit(8)",
        "a_2 = x -> unit(8) -> unit(8)",
        "a.unit_2 = x -> unit(8)",
        "a.z = x -> relu",
        "b_2.conv = x -> conv(8, 1)",
        "shared a_2 = unit(8)",
        "for i in 0..2 { z = x -> unit(8) }",
        "if true { c_2 = x -> stage(8, 1) }",
        "z = x -> relu as b.relu_2",
    ];
    for line in lines {
        for other in others {
            renames_nothing(BEFORE, &[(&format!("    {line}"), &format!("    {other}\n    {line}"))]);
        }
    }
    renames_nothing(BEFORE, &[("    return y + x", "    z = y -> conv(n, 1) -> relu\n    return y + x")]);
    renames_nothing(BEFORE, &[("block stage", "block other(x) {\n    return x -> unit(8)\n}\n\nblock stage")]);
}

/// Uses of shared weights come and go without renaming the tensors or the other uses.
#[test]
fn uses_of_shared_weights_rename_nothing() {
    let before =
        BEFORE.replace("    a = x -> unit(8)", "    shared head = unit(8)\n    shared k = conv(8, 1)\n    a = x -> head -> k");
    for behind in [" -> head", " -> k", " -> k -> head -> relu", " -> head as more"] {
        renames_nothing(&before, &[("a = x -> head -> k", &format!("a = x -> head -> k{behind}"))]);
    }
    for other in ["z = x -> head -> k", "z = x -> k -> k", "for i in 0..2 { z = x -> head }", "a_2 = x -> head"] {
        for line in ["    a = x", "    c = b"] {
            let fresh = layers(&network(&before.replacen(line, &format!("    {other}\n{line}"), 1)));
            let tensors: Vec<_> = fresh.values().flat_map(|(_, tensors)| tensors).collect();
            for (_, wanted) in layers(&network(&before)).values() {
                assert!(wanted.iter().all(|name| tensors.contains(&name)), "{wanted:?} are gone after `{other}`");
            }
            renames_nothing(&before, &[(line, &format!("    {other}\n{line}"))]);
        }
    }
}

#[test]
fn numbers_give_way_to_names_that_are_written() {
    let text = |rest: &str| BEFORE.replace("    b = a", &format!("    a = a -> unit(8)\n    a = a -> unit(8)\n{rest}    b = a"));
    for (rest, paths) in [
        ("", ["a", "a_2", "a_3"].as_slice()),
        ("    a_2 = a -> relu\n    a_2 = a_2 -> unit(8)\n", &["a", "a_2", "a_3", "a_4"]),
        ("    for i in 0..1 { a_3 = a -> relu }\n", &["a", "a_2", "a_4"]),
    ] {
        let network = network(&text(rest));
        let graph = network.shaped.graph();
        let made: Vec<_> = graph.instances().map(|(_, i)| i.path.to_string()).filter(|path| path.starts_with('a')).collect();
        let mut sorted = made.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, paths, "{made:?} with\n{rest}");
        let counted: Vec<_> = made.iter().filter(|path| graph.is_counted(path)).collect();
        assert_eq!(counted.len(), 2, "what is written is not counted: {counted:?}");
    }
}

/// The rows of the guide's table that rename something: just what they say.
#[test]
fn the_guide_says_what_moves() {
    let net = |body: &str| {
        format!(
            "block unit(x) {{\n    return x -> conv(8, 3, pad=1) -> relu\n}}\n\n\
             net moves {{\n    input x: [8, 6, 6]\n{body}    output z = x -> relu\n}}\n"
        )
    };
    let names = |body: &str| layers(&network(&net(body))).into_keys().collect::<Vec<_>>();
    let row = |before: &str, after: &str, (gone, come): (&[&str], &[&str])| {
        let (before, after) = (names(before), names(after));
        let lacks = |list: &[String], other: &[String]| list.iter().filter(|n| !other.contains(n)).cloned().collect::<Vec<_>>();
        assert_eq!((lacks(&before, &after), lacks(&after, &before)), (owned(gone), owned(come)));
    };
    row("    a = x -> relu\n", "    b = x -> relu\n", (&["a.relu"], &["b.relu"]));
    row("    a = x -> unit\n", "    a = x -> conv(8, 1) -> unit\n", (&["a.relu"], &["a.unit.conv", "a.unit.relu"]));
    row(
        "    x = x -> unit\n    x = x -> unit\n",
        "    x = x -> unit\n    x = x -> unit\n    x = x -> unit\n",
        (&[], &["x_3.conv", "x_3.relu"]),
    );
    let turns = |end: u32| format!("    for i in 0..{end} {{ x = x -> unit }}\n");
    row(&turns(2), &turns(3), (&[], &["x.2.conv", "x.2.relu"]));
    row(&turns(1), "    x = x -> unit\n", (&["x.0.conv", "x.0.relu"], &["x.conv", "x.relu"]));
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What the guide says is not stable: layers that only their order tells apart.
#[test]
fn counted_names_move_and_are_marked() {
    let before =
        "net counted {\n    input x: [8, 6, 6]\n    y = x -> conv(8, 1) -> conv(8, 3, pad=1)\n    output z = y -> relu\n}\n";
    let after = before.replace("y = x ->", "y = x -> conv(8, 5, pad=2) ->");
    let (old, new) = (network(before), network(&after));
    assert_ne!(layers(&old)["y.conv_2"], layers(&new)["y.conv_2"]);
    for (network, name, is_counted) in [(&old, "y.conv", false), (&old, "y.conv_2", true), (&new, "y.conv_3", true)] {
        assert_eq!(network.shaped.graph().is_counted(name), is_counted, "{name}");
    }
}
