//! What is wrong is said well, at the right place, once, and with a fix that works.

use super::common::{apply, parse, parse_clean};

/// A wrong text has just these errors, and its first fix gives `fixed`, which does not have the first error any more.
#[track_caller]
fn check(text: &str, errors: &[&str], fixed: &str) {
    let parsed = parse(text);
    assert_eq!(parsed.summary(), errors.join("\n"), "in\n{text}");
    let fixes: Vec<_> = parsed.errors.iter().flat_map(|error| &error.fixes).collect();
    let Some(fix) = fixes.first() else {
        assert_eq!(fixed, "", "there is no fix for\n{text}");
        return;
    };
    let after = apply(text, &fix.edits);
    assert_eq!(after, fixed, "by {}", fix.message);
    let left = parse(&after).errors.len();
    assert!(left < errors.len(), "the fix leaves\n{}", parse(&after).summary());
}

/// An error that has no fix.
#[track_caller]
fn no_fix(text: &str, error: &str) {
    check(text, &[error], "");
}

/// One error in the body of a net, and the body after its fix.
#[track_caller]
fn in_net(body: &str, error: &str, fixed: &str) {
    check(&format!("net a {{\n{body}\n}}\n"), &[error], &format!("net a {{\n{fixed}\n}}\n"));
}

#[test]
fn an_end_is_put_only_where_what_follows_may_stand() {
    for (text, message) in [
        ("net a { } y = 3\n", "PW0101 1:11 expected the end of the line before `y`"),
        ("net a { } return x\n", "PW0101 1:11 expected the end of the line before `return`"),
        ("net a {\n    y = x block (z)\n}\n", "PW0101 2:11 expected the end of the line before `block`"),
        ("net a = b {\n}\n", "PW0101 1:7 expected `{` after `a`, found `=`"),
        ("def\nnet a { }\n", "PW0101 1:1 there is no `def`"),
        ("def f = 3\nnet a { }\n", "PW0101 1:1 there is no `def`"),
        ("let # three\nnet a { }\n", "PW0101 1:1 there is no `let`"),
    ] {
        no_fix(text, message);
    }
}

#[test]
fn missing_values() {
    no_fix("net a {\n    x =\n}", "PW0101 2:7 expected a value after `=`, found the end of the line");
    no_fix("net a {\n    x =\n    y = 3\n}", "PW0101 2:7 expected a value after `=`, found the end of the line");
    no_fix("net a {\n    x = 3 +\n}", "PW0101 2:11 expected a value after `+`, found the end of the line");
    no_fix("net a {\n    x = y ->\n}", "PW0101 2:11 expected an operation or a block after `->`, found the end of the line");
    no_fix("net a { x = f(b=) }", "PW0101 1:17 expected a value after `=`, found `)`");
    no_fix("net a { x = () }", "PW0101 1:14 expected a value after `(`, found `)`");
    no_fix("net a {\n    assert\n}", "PW0101 2:5 expected a value after `assert`, found the end of the line");
    no_fix("block f(x) {\n    return\n}", "PW0101 2:5 expected a value after `return`, found the end of the line");
    no_fix("net a {\n    input: [3]\n}", "PW0101 2:10 expected a name after `input`, found `:`");
    no_fix("net a {\n    input x\n}", "PW0101 2:11 expected `:` after `x`, found the end of the line");
    no_fix("net a { @keep }", "PW0101 1:15 expected a statement after `keep`, found `}`");
    no_fix("net", "PW0101 1:1 expected a name after `net`, found the end of the file");
    no_fix("block f {\n    return 1\n}", "PW0101 1:9 expected `(` after `f`, found `{`");
    no_fix("block f() { return 1 }", "PW0101 1:9 expected a name after `(`, found `)`");
}

#[test]
fn forgotten_brackets() {
    in_net(
        "    y = x -> conv(3, 4 -> relu\n    z = y",
        "PW0102 2:18 expected `)` to close this `(`",
        "    y = x -> conv(3, 4) -> relu\n    z = y",
    );
    in_net(
        "    y = x -> conv(8, 3, pad=[1, 1] -> relu\n    z = y",
        "PW0102 2:18 expected `)` to close this `(`",
        "    y = x -> conv(8, 3, pad=[1, 1]) -> relu\n    z = y",
    );
    // A tensor may flow on among the arguments.
    in_net("    y = concat(x, x -> relu", "PW0102 2:15 expected `)` to close this `(`", "    y = concat(x, x -> relu)");
    in_net("    y = add(x, f(3) -> relu", "PW0102 2:12 expected `)` to close this `(`", "    y = add(x, f(3) -> relu)");
    in_net("    y = f(g(x)\n    z = h(y)", "PW0102 2:10 expected `)` to close this `(`", "    y = f(g(x))\n    z = h(y)");
    in_net(
        "    y = f([x, g(1)\n    z = h(y)",
        "PW0102 2:11 expected `]` to close this `[`",
        "    y = f([x, g(1)])\n    z = h(y)",
    );
    in_net("    y = f(a,\n    z = y -> g(2)", "PW0102 2:10 expected `)` to close this `(`", "    y = f(a,)\n    z = y -> g(2)");
    in_net("    y = f(x]", "PW0102 2:10 expected `)` to close this `(`, found `]`", "    y = f(x)");
    check("net a {\n    x = 1\n", &["PW0102 1:7 expected `}` to close this `{`"], "net a {\n    x = 1\n}\n");
    check(
        "block f(x) {\n    return x\n\nnet a {\n    y = 1\n}\n",
        &["PW0102 1:12 expected `}` to close this `{`"],
        "block f(x) {\n    return x\n}\n\nnet a {\n    y = 1\n}\n",
    );
    in_net("    y = f(if a { 1, c)", "PW0102 2:16 expected `}` to close this `{`", "    y = f(if a { 1 }, c)");
    in_net("    y = 3)", "PW0101 2:10 nothing is open that this `)` could close", "    y = 3");
    in_net("    y = f(3)]))", "PW0101 2:13 nothing is open that this `]` could close", "    y = f(3)");
    check("net a { }\n}\n", &["PW0101 2:1 nothing is open that this `}` could close"], "net a { }\n\n");
    check("block f(x {\n    return x\n}\n", &["PW0102 1:8 expected `)` to close this `(`"], "block f(x) {\n    return x\n}\n");
}

#[test]
fn a_brace_that_closes_too_early_is_found_by_its_indentation() {
    let text = "block f(x) {\n    for i in 0..3 {\n        x = x -> relu\n    return x\n}\nnet a { }\n";
    let parsed = parse(text);
    assert_eq!(parsed.summary(), "PW0102 2:19 expected `}` to close this `{`");
    assert_eq!(parsed.errors[0].secondary[0].text, "this `}` does not stand under the line that opened it");
}

#[test]
fn two_things_without_a_sign_between() {
    in_net("    y = x conv(64, 3)", "PW0101 2:11 expected `->` before `conv`", "    y = x -> conv(64, 3)");
    in_net("    y = f(64 3)", "PW0101 2:14 expected `,` before `3`", "    y = f(64, 3)");
    in_net("    y = [1 2]", "PW0101 2:12 expected `,` before `2`", "    y = [1, 2]");
    in_net("    y = 3 z = 4", "PW0101 2:11 expected the end of the line before `z`", "    y = 3; z = 4");
    in_net("    y output = x", "PW0101 2:7 `output` stands in front of `y`", "    output y = x");
    in_net("    x input: [4]", "PW0101 2:7 `input` stands in front of `x`", "    input x: [4]");
    in_net("    macs assert < 5M", "PW0101 2:10 `assert` stands in front of `macs`", "    assert macs < 5M");
    in_net("    b a = -> relu", "PW0101 2:7 expected `=` before `a`", "    b = a -> relu");
    in_net("    inputinput x: [4]", "PW0101 2:5 no statement begins with `inputinput`", "    input x: [4]");
    in_net("    for i in 0..3 { } y = 4", "PW0101 2:23 expected the end of the line before `y`", "    for i in 0..3 { }; y = 4");
}

#[test]
fn reserved_words() {
    in_net("    in = x", "PW0101 2:5 `in` is a reserved word and cannot be a name", "    `in` = x");
    check(
        "block net(x) { return x }",
        &["PW0101 1:7 `net` is a reserved word and cannot be a name"],
        "block `net`(x) { return x }",
    );
    check(
        "block f(input) { return 1 }",
        &["PW0101 1:9 `input` is a reserved word and cannot be a name"],
        "block f(`input`) { return 1 }",
    );
    parse_clean("net a { y = x -> depth_to_space(block=2) }");
    parse_clean("net a { `in` = x -> `net` as `as` }");
}

#[test]
fn words_that_are_new_teach_how_old_files_go_on() {
    let taken = "cannot be a name";
    in_net("    shared = x", &format!("PW0101 2:5 `shared` is a reserved word and {taken}"), "    `shared` = x");
    in_net("    shared: [3] = x", &format!("PW0101 2:5 `shared` is a reserved word and {taken}"), "    `shared`: [3] = x");
    in_net("    shared, y = x", &format!("PW0101 2:5 `shared` is a reserved word and {taken}"), "    `shared`, y = x");
    in_net("    y, shared = x", &format!("PW0101 2:8 `shared` is a reserved word and {taken}"), "    y, `shared` = x");
    in_net("    as: [3] = x", &format!("PW0101 2:5 `as` is a reserved word and {taken}"), "    `as`: [3] = x");
    in_net("    for as in 0..3 { }", &format!("PW0101 2:9 `as` is a reserved word and {taken}"), "    for `as` in 0..3 { }");
    check("net a(as=3) { }", &[&format!("PW0101 1:7 `as` is a reserved word and {taken}")], "net a(`as`=3) { }");
    in_net("    y = x -> shared", "PW0101 2:14 `shared` is a reserved word and no value", "    y = x -> `shared`");
    in_net("    y = x + shared", "PW0101 2:13 `shared` is a reserved word and no value", "    y = x + `shared`");
    in_net("    y = f(3, as)", "PW0101 2:14 `as` is a reserved word and no value", "    y = f(3, `as`)");
    no_fix("net a {\n    x =\n    output y = x\n}", "PW0101 2:7 expected a value after `=`, found the end of the line");
}

#[test]
fn names_in_backquotes() {
    in_net("    `a = x", "PW0105 2:5 this backquote is not closed on its line", "    `a` = x");
    in_net("    y = x -> relu as `a.b/0", "PW0105 2:22 this backquote is not closed on its line", "    y = x -> relu as `a.b/0`");
    no_fix("net a { y = x ` }", "PW0105 1:15 this backquote is not closed on its line");
    no_fix("net a { `` = x }", "PW0105 1:9 there is no name between these backquotes");
    no_fix("net a { y.`` = x }", "PW0105 1:11 there is no name between these backquotes");
    no_fix("net a { y = x -> relu as `` }", "PW0105 1:26 there is no name between these backquotes");
    no_fix("net a { y . `b` = x }", "PW0105 1:11 a `.` stands here without a name before it");
    let long = "é/ ".repeat(100_000);
    parse_clean(&format!("net a {{ `{long}`.`{long}` = x -> `{long}`(3) as `{long}` }}"));
    let parsed = parse(&format!("net a {{ x = y `{long}` }}"));
    assert!(parsed.errors.iter().all(|error| error.message.len() < 200), "long names are cut");
}

#[test]
fn names_by_as() {
    no_fix("net a {\n    y = x -> relu as\n}", "PW0101 2:19 expected a name after `as`, found the end of the line");
    no_fix("net a {\n    y = x -> relu as\n    z = y\n}", "PW0101 2:19 expected a name after `as`, found the end of the line");
    no_fix("net a { y = x -> relu as -> tanh }", "PW0101 1:26 expected a name after `as`, found `->`");
    in_net(
        "    y = x -> relu as \"act\"",
        "PW0101 2:22 names stand in backquotes, not in double quotes",
        "    y = x -> relu as `act`",
    );
    in_net(
        "    y = x -> relu as 3",
        "PW0101 2:22 a name that begins with a digit stands in backquotes",
        "    y = x -> relu as `3`",
    );
    in_net("    y = x -> relu as in", "PW0101 2:22 `in` is a reserved word and cannot be a name", "    y = x -> relu as `in`");
    in_net("    y = x -> relu as b as c.d", "PW0101 2:24 a layer has one name", "    y = x -> relu as b");
    in_net("    y = x -> relu\n        as b", "PW0101 3:9 `as` stands on the line of what it names", "    y = x -> relu as b");
    no_fix("net a { input x: [3] as y }", "PW0101 1:22 `as` stands behind a stage, or behind the value that a pipe begins with");
}

#[test]
fn shared_weights_are_declared_without_inputs() {
    let inputs = "shared weights are declared without inputs; these come with each use";
    in_net("    shared h = x -> conv(3)", &format!("PW0101 2:16 {inputs}"), "    shared h = conv(3)");
    in_net("    shared h = (x, y) -> two", &format!("PW0101 2:16 {inputs}"), "    shared h = two");
    in_net("    shared h = conv(3)(x)", &format!("PW0101 2:23 {inputs}"), "    shared h = conv(3)");
    in_net("    shared h = conv(3) as k", "PW0101 2:23 the shared weights are called `h` already", "    shared h = conv(3)");
    no_fix("net a { shared h = conv(3) -> relu }", "PW0101 1:20 one block or operation is shared, not a pipe");
    no_fix("net a { shared h = x -> f -> g }", "PW0101 1:20 one block or operation is shared, not a pipe");
    no_fix("net a { shared h = 3 }", "PW0101 1:20 a block or an operation is shared");
    no_fix("net a {\n    shared h\n}", "PW0101 2:12 expected `=` after `h`, found the end of the line");
    no_fix("net a {\n    shared h =\n    y = x\n}", "PW0101 2:14 expected a value after `=`, found the end of the line");
    no_fix("net a { shared h: [3] = f }", "PW0101 1:17 expected `=` after `h`, found `:`");
    in_net("    shared a.b = f", "PW0101 2:12 a name with dots stands in backquotes here", "    shared `a.b` = f");
    in_net("    share h = conv(3)", "PW0101 2:5 no statement begins with `share`", "    shared h = conv(3)");
    parse_clean("net a {\n    shared h =\n        conv(3)\n}");
}

#[test]
fn colons_before_bodies() {
    in_net(
        "    for i in 0..3:\n        x = x -> f\n        y = x\n    z = y",
        "PW0101 2:18 a body stands in braces, not after a `:`",
        "    for i in 0..3 {\n        x = x -> f\n        y = x\n    }\n    z = y",
    );
    in_net(
        "    if a == 1: x = y\n    z = y",
        "PW0101 2:14 a body stands in braces, not after a `:`",
        "    if a == 1 { x = y }\n    z = y",
    );
    in_net("    if a == 1: { x = y }", "PW0101 2:14 a body stands in braces, not after a `:`", "    if a == 1 { x = y }");
    check(
        "block f(x):\n    return x\n",
        &["PW0101 1:11 a body stands in braces, not after a `:`"],
        "block f(x) {\n    return x\n}\n",
    );
    let text = "net a {\n    if b:\n        x = 1\n    else:\n        x = 2\n}\n";
    assert_eq!(parse(text).summary(), "PW0101 2:9 a body stands in braces, not after a `:`", "the `else` is no second error");
}

#[test]
fn words_of_other_languages() {
    check("def f(x) { return x }", &["PW0101 1:1 there is no `def`"], "block f(x) { return x }");
    check("import \"a.net\"", &["PW0101 1:1 there is no `import`"], "use \"a.net\"");
    no_fix("class F { }", "PW0101 1:1 there is no `class`");
    in_net("    let x = 3", "PW0101 2:5 there is no `let`", "    x = 3");
    no_fix("net a {\n    while x { }\n}", "PW0101 2:5 there is no `while`");
    in_net("    x = True", "PW0101 2:9 `True` is written `true`", "    x = true");
    no_fix("net a {\n    x = None\n}", "PW0101 2:9 there is no `None`: every value is a number, a boolean, a string or a list");
    in_net(
        "    if a { x = 1 } elif b { x = 2 } else { x = 3 }",
        "PW0101 2:20 `elif` is written `else if`",
        "    if a { x = 1 } else if b { x = 2 } else { x = 3 }",
    );
    in_net("    for i in range(3) { x = y }", "PW0101 2:14 ranges are written `from..to`", "    for i in 0..3 { x = y }");
    in_net("    for i in range(1, n) { x = y }", "PW0101 2:14 ranges are written `from..to`", "    for i in 1..n { x = y }");
    in_net(
        "    for a, b in l { x = y }",
        "PW0101 2:9 several names that a loop binds stand in brackets",
        "    for [a, b] in l { x = y }",
    );
    in_net(
        "    x = a + 1 if c > 2 else b",
        "PW0101 2:15 the condition stands first: `if condition { a } else { b }`",
        "    x = if c > 2 { a + 1 } else { b }",
    );
    in_net("    // note", "PW0101 2:5 a comment begins with `#`", "    # note");
}

#[test]
fn signs_of_other_languages() {
    in_net("    x = a && b", "PW0105 2:11 `&&` is written `and`", "    x = a and b");
    in_net("    x = a&&b", "PW0105 2:10 `&&` is written `and`", "    x = a and b");
    in_net("    x = a || b", "PW0105 2:11 `||` is written `or`", "    x = a or b");
    in_net("    x = !a", "PW0105 2:9 `!` is written `not`", "    x = not a");
    in_net("    x := a", "PW0105 2:7 names are bound with `=`", "    x = a");
    in_net("    x = a |> f", "PW0105 2:11 data flows through `->`", "    x = a -> f");
    in_net("    x = a => f", "PW0105 2:11 data flows through `->`", "    x = a -> f");
    in_net("    assert params => 0", "PW0105 2:19 at least is written `>=`", "    assert params >= 0");
    in_net("    assert n => m", "PW0105 2:14 at least is written `>=`", "    assert n >= m");
    in_net("    x += a", "PW0105 2:7 there is no `+=`", "    x = x + a");
    in_net("    x = 'a'", "PW0105 2:9 strings stand in double quotes", "    x = \"a\"");
    in_net("    x = f(a).g(2)", "PW0105 2:13 there are no methods: data flows through `->`", "    x = f(a) -> g(2)");
    no_fix("net a { x = $ }", "PW0105 1:13 `$` has no meaning here");
    in_net("    x = a \\\n        -> f", "PW0105 2:11 a `\\` does not join lines", "    x = a \n        -> f");
    in_net("    x = a + \\\n        b", "PW0105 2:13 a `\\` does not join lines", "    x = a + \n        b");
}

#[test]
fn comparisons() {
    in_net(
        "    if a = b { x = 1 }",
        "PW0101 2:10 `=` binds a name; two values are compared with `==`",
        "    if a == b { x = 1 }",
    );
    in_net("    assert params = 5", "PW0101 2:19 `=` binds a name; two values are compared with `==`", "    assert params == 5");
    in_net("    x = a < b <= c", "PW0101 2:15 comparisons do not chain", "    x = a < b and b <= c");
}

#[test]
fn calls() {
    in_net(
        "    y = x.flatten(1)",
        "PW0101 2:9 there are no methods and no modules: a call names a block or an operation",
        "    y = flatten(x)",
    );
    in_net(
        "    y = nn.ReLU()(x)",
        "PW0101 2:9 there are no methods and no modules: a call names a block or an operation",
        "    y = relu(x)",
    );
    no_fix("net a { y = x -> f(8)(z) }", "PW0101 1:22 one list too many");
    no_fix("net a { y = f(8)(z)(9) }", "PW0101 1:20 one list too many");
    no_fix("net a { y = x -> (z) }", "PW0101 1:18 expected an operation or a block after `->`, found `(`");
    no_fix("net a { assert macs(a.*.b) < 3 }", "PW0101 1:21 a path with `*` stands only after `refine`");
    no_fix("net a { f(x) = 3 }", "PW0101 1:9 only a name can be bound");
    no_fix("net a { xs[0] = 3 }", "PW0101 1:9 only a name can be bound");
    no_fix("block f(x=3) { return x }", "PW0101 1:11 a tensor input has no default");
    no_fix("@keep\nnet a { }", "PW0101 1:1 a mark stands above a statement, not above a block or a net");
}

#[test]
fn numbers() {
    in_net("    x = 1_", "PW0103 2:9 an underscore in a number stands between two digits", "    x = 1");
    in_net("    x = .5", "PW0103 2:9 a digit is missing before the point", "    x = 0.5");
    in_net("    x = 5.", "PW0103 2:9 digits are missing after the point", "    x = 5.0");
    in_net("    x = 0x1F", "PW0103 2:9 numbers are written in decimal", "    x = 31");
    in_net("    x = 4mb", "PW0103 2:9 `mb` is not a unit", "    x = 4MB");
    in_net("    x = f(3x3)", "PW0103 2:11 `x3` is not a unit", "    x = f([3, 3])");
    no_fix("net a { x = 1e999 }", "PW0103 1:13 this number is too large for a float");
    no_fix("net a { x = 9223372036854775808 }", "PW0103 1:13 an integer must be below 2^63");
    no_fix("net a { x = 1.2.3 }", "PW0103 1:13 a number has one point at most");
    no_fix("net a { x = 1e }", "PW0103 1:13 digits are missing in the exponent");
    no_fix(&format!("net a {{ x = {} }}", "9".repeat(1000)), "PW0103 1:13 an integer must be below 2^63");
}

#[test]
fn strings() {
    check("use \"a.net\n", &["PW0104 1:5 this string has no closing quote"], "use \"a.net\"\n");
    in_net("    x = f(mode=\"nearest)", "PW0104 2:16 this string has no closing quote", "    x = f(mode=\"nearest\")");
    check(
        "use \"blocks\\resnet.net\"\n",
        &["PW0105 1:12 a `\\` in a string stands before `\"`, `\\`, `n` or `t`"],
        "use \"blocks\\\\resnet.net\"\n",
    );
}

#[test]
fn look_alikes() {
    in_net("    y = x → relu", "PW0105 2:11 `→` is not `->`, though it looks like it", "    y = x -> relu");
    in_net("    y = 2 × x", "PW0105 2:11 `×` is not `*`, though it looks like it", "    y = 2 * x");
    in_net("    y = 2 − x", "PW0105 2:11 `−` is not `-`, though it looks like it", "    y = 2 - x");
    in_net("    y = “same”", "PW0105 2:9 strings stand in straight double quotes", "    y = \"same\"");
    // The first letter is Cyrillic.
    in_net("    y = сonv(x)", "PW0105 2:9 `сonv` holds letters that only look like the ones of `conv`", "    y = conv(x)");
    in_net("    y = 2\u{a0}+ x", "PW0105 2:10 the character U+00A0 is not white space of the language", "    y = 2 + x");
    in_net("    y = 2\0", "PW0105 2:10 the character U+0000 is not white space of the language", "    y = 2");
    in_net(
        "    größe = 2",
        "PW0105 2:5 names are made of the letters a to z, digits and `_`, which `größe` is not",
        "    `größe` = 2",
    );
    let parsed = parse("net a { y = f（2） }");
    assert_eq!(parsed.errors.len(), 2);
    let edits: Vec<_> = parsed.errors.iter().flat_map(|error| &error.fixes[0].edits).cloned().collect();
    assert_eq!(apply(parsed.text(), &edits), "net a { y = f(2) }");
}

#[test]
fn misplaced_statements() {
    check("net a { return x }", &["PW0107 1:9 a net does not return"], "net a { output x }");
    no_fix("net a { return x -> f }", "PW0107 1:9 a net does not return");
    no_fix("block f(x) { input y: [3]; return x }", "PW0107 1:14 an `input` stands in a net, not in a block");
    no_fix("block f(x) { output y = x; return x }", "PW0107 1:14 an `output` stands in a net, not in a block");
    no_fix("block f(x) { return x; y = x }", "PW0107 1:24 nothing after a `return` is reached");
    no_fix("net a { for i in 0..2 { input x: [3] } }", "PW0107 1:25 an `input` stands directly in its net");
    no_fix("net a { for i in 0..2 { output x = y } }", "PW0107 1:25 an `output` stands in its net or in an `if` statement there");
    no_fix("net a { net b { } }", "PW0107 1:9 `net` stands at the top level of a file, not inside braces");
    in_net("    x -> relu", "PW0107 2:5 this value is not used", "    x = x -> relu");
    no_fix("block f(x) { return if a { return x } else { x } }", "PW0107 1:28 a value does not return");
    parse_clean("block f(a)(x) { if a == 1 { return x -> relu }\n return x }");
    parse_clean("net a { if b { output y = x\n assert params < 3M } }");
}

#[test]
fn one_run_reports_all_independent_errors() {
    let text = "block f(x) {
    a = conv(3
    b = x relu
    for i in 0..3 {
        c = = 4
        if d { e = }
    }
    return x
}
net g(k=) {
    h = [1 2]
    output i = f(h
}
use 3
";
    let expected = "PW0102 2:13 expected `)` to close this `(`
PW0101 3:11 expected `->` before `relu`
PW0101 5:13 expected a value after `=`, found `=`
PW0101 6:20 expected a value after `=`, found `}`
PW0101 10:9 expected a value after `=`, found `)`
PW0101 11:12 expected `,` before `2`
PW0102 12:17 expected `)` to close this `(`
PW0101 14:5 expected a path in quotes after `use`, found `3`";
    assert_eq!(parse(text).summary(), expected);
}

#[test]
fn what_could_be_read_is_in_the_tree() {
    let parsed = parse("block f(x) {\n    a = x -> relu\n    b = = 3\n    return a\n}\nnet g {\n    c = 4\n");
    assert_eq!(parsed.errors.len(), 2);
    let meaning = parsed.meaning();
    for name in ["\"f\"", "\"a\"", "\"relu\"", "Return", "\"g\"", "\"c\""] {
        assert!(meaning.contains(name), "{name} is missing in {meaning}");
    }
    assert!(meaning.contains("\"b\"") && meaning.contains("Error"), "what could not be read binds its name all the same");
}
