//! The canonical layout, by example.

use super::common::{models, parse_clean};

/// Formats `before`, and checks that the result is `after` and settled.
#[track_caller]
fn check(before: &str, after: &str) {
    let formatted = parse_clean(before).format();
    assert_eq!(formatted, after, "\n--- formatted ---\n{formatted}");
    assert_eq!(parse_clean(&formatted).format(), formatted, "formatting twice changes more");
}

#[test]
fn the_models_are_canonical_and_keep_their_trees() {
    for path in models() {
        let text = std::fs::read_to_string(&path).expect("a model is readable");
        let parsed = parse_clean(&text);
        let formatted = parsed.format();
        assert_eq!(formatted, text, "{} is not in its canonical layout", path.display());
        assert_eq!(parse_clean(&formatted).meaning(), parsed.meaning(), "{}", path.display());
    }
}

#[test]
fn spaces_and_statements() {
    check(
        "net  a( b=1,c = 2 ){input x:[3,b,b];y=x->conv( 8 , k = 3 )->relu\noutput z=-y+2*( y-1 )//3%c}",
        "net a(b=1, c=2) {
    input x: [3, b, b]
    y = x -> conv(8, k=3) -> relu
    output z = -y + 2 * (y - 1) // 3 % c
}
",
    );
}

#[test]
fn names_and_shared_weights() {
    check(
        "net a {shared  head=conv( 64 ) # one
shared `odd head` =
  tower (3, # wide
 k=1)
`a b`.y = x
layer1.`0`.conv:[3]=x->head  as   `a b`->relu as layer1.act # two
z=(x*2.0)as scaled  # three
 -> relu # four
w = f( x -> relu # five
  as # six
  # seven
 act # eight
 -> tanh)
refine  layer1.`0`.*=reduce( 3 )}",
        "net a {
    shared head = conv(64)  # one
    shared `odd head` = tower(
        3,  # wide
        k=1,
    )
    `a b`.y = x
    layer1.`0`.conv: [3] = x -> head as `a b` -> relu as layer1.act  # two
    z = (x * 2.0) as scaled  # three
        -> relu  # four
    w = f(
        x
            -> relu as act  # five  # six  # seven  # eight
            -> tanh,
    )
    refine layer1.`0`.* = reduce(3)
}
",
    );
    let long = "l".repeat(120);
    check(
        &format!("net a {{ y = x -> conv(3) as `{long}` -> relu }}"),
        // A name that no line holds breaks what stands before it.
        &format!("net a {{\n    y = x\n        -> conv(\n            3,\n        ) as `{long}`\n        -> relu\n}}\n"),
    );
}

#[test]
fn blank_lines_are_kept_but_one() {
    check(
        "\n\nuse \"a.net\"\nuse \"b.net\"\nblock f(x) {\n\n\n    return x\n\n}\nnet a {\n    y = 1\n\n\n\n    z = 2\n}\n\n\n",
        "use \"a.net\"
use \"b.net\"

block f(x) {
    return x
}

net a {
    y = 1

    z = 2
}
",
    );
}

#[test]
fn a_pipe_keeps_its_lines() {
    check(
        "net a {
  x = image -> conv(64, 3) ->
     relu -> maxpool(3)
  y = x
  -> f
}",
        "net a {
    x = image -> conv(64, 3)
        -> relu -> maxpool(3)
    y = x
        -> f
}
",
    );
}

#[test]
fn a_long_pipe_goes_below_its_name_or_gets_a_line_for_each_stage() {
    check(
        "net a {
    output logits: [classes] = fire9 -> dropout(0.5) -> conv(classes, 1) -> relu -> global_avgpool -> flatten
    features = image -> conv(64, 7, stride=2, pad=3) -> bn -> relu -> maxpool(3, stride=2, pad=1) -> conv(64, 3)
}",
        "net a {
    output logits: [classes] =
        fire9 -> dropout(0.5) -> conv(classes, 1) -> relu -> global_avgpool -> flatten
    features = image
        -> conv(64, 7, stride=2, pad=3)
        -> bn
        -> relu
        -> maxpool(3, stride=2, pad=1)
        -> conv(64, 3)
}
",
    );
}

#[test]
fn long_lists_get_a_line_for_each_element_and_tables_keep_their_rows() {
    check(
        "net a {
    y = x -> inverted_residual(out, hidden, k=k, stride=stride, act=act, squeeze=squeeze, gate=\"hard_sigmoid\")
    for [width, depth] in [ [64,3],
        [128, 4] ] { x = x -> stage(width, depth) }
    t = [
        1,
        2
    ]
}",
        "net a {
    y = x
        -> inverted_residual(
            out,
            hidden,
            k=k,
            stride=stride,
            act=act,
            squeeze=squeeze,
            gate=\"hard_sigmoid\",
        )
    for [width, depth] in [
        [64, 3],
        [128, 4],
    ] {
        x = x -> stage(width, depth)
    }
    t = [1, 2]
}
",
    );
}

#[test]
fn branches_stay_on_a_line_if_they_were() {
    check(
        "block f(s)(x) {
    a = x -> conv(8, stride=if s == 0 { 2 } else { 1 })
    b = if s == 1 { x }
    else { a }
    for i in 0..3 { b = b -> relu }
    for i in 0..3 { b = b -> relu; a = b }
    if s == 2 { }
    return if s == 1 { a } else if s == 2 { b } else { x -> conv(8, stride=if s == 0 { 2 } else { 1 }, pad=1) }
}",
        "block f(s)(x) {
    a = x -> conv(8, stride=if s == 0 { 2 } else { 1 })
    b = if s == 1 {
        x
    } else {
        a
    }
    for i in 0..3 { b = b -> relu }
    for i in 0..3 {
        b = b -> relu
        a = b
    }
    if s == 2 { }
    return if s == 1 {
        a
    } else if s == 2 {
        b
    } else {
        x -> conv(8, stride=if s == 0 { 2 } else { 1 }, pad=1)
    }
}
",
    );
}

#[test]
fn comments_stay_where_they_were() {
    check(
        "# file

# doc
block f(a, # width
 b)(x) { # open
   # first
   @keep # why
   # what
   y = concat(x, # left
      # right
      x
      # none
   )
   z = # below
     y -> f # one
     # two
     -> g


   return z
   # last
} # after
# end",
        "# file

# doc
block f(
    a,  # width
    b,
)(x) {  # open
    # first
    @keep  # why
    # what
    y = concat(
        x,  # left
        # right
        x,
        # none
    )
    z =  # below
        y -> f  # one
            # two
            -> g

    return z
    # last
}  # after
# end
",
    );
}

#[test]
fn comments_in_odd_places_go_to_the_end_of_the_line() {
    check(
        "net a {
    x = if a == 1 { y } # one
    # two
    else { z }
    for i in # three
        0..3 { x = x -> f }
}",
        "net a {
    x = if a == 1 {
        y
    } else {  # one  # two
        z
    }
    for i in 0..3 {  # three
        x = x -> f
    }
}
",
    );
}

#[test]
fn carriage_returns_and_byte_order_marks_go() {
    check("\u{feff}net a {\r\n    x = 1 # c\r\n\r\n    y = 2\r\n}\r\n", "net a {\n    x = 1  # c\n\n    y = 2\n}\n");
    check("# only\r\n", "# only\n");
    check("", "");
    check("\n\n", "");
}

#[test]
fn numbers_and_strings_stay_as_written() {
    check("net a { x = [1_000, 7M, 1.50, 1e-5, 4MiB, \"a\\\"b\"] }", "net a { x = [1_000, 7M, 1.50, 1e-5, 4MiB, \"a\\\"b\"] }\n");
}
