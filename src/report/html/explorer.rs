//! The network to explore: pictures that need no script, and what the script needs to draw better ones.
//!
//! In: both networks with their numbers, and the [`Savings`] that say what changed. Out: the section of the page, with one
//! block of JSON in it. Nothing is counted here but the sums of blocks.

use maud::{Markup, PreEscaped, html};

use super::Networks;
use super::facts::{Marks, facts};
use crate::digits::grouped;
use crate::report::drawing;
use crate::report::naming;
use crate::report::network::Subject;
use crate::report::pieces::Mark;
use crate::report::savings::Savings;
use crate::report::scene;

/// Networks of more layers are shown as a still picture: their data would make the page too large to open.
const MOST_LAYERS: usize = 12_000;

/// The section of the network.
pub(super) fn section(savings: &Savings, networks: &Networks<'_>) -> Markup {
    let marks = Marks::new(savings);
    let changed = !savings.changes.is_empty();
    let size = |subject: &Subject<'_>| subject.shaped.order().len();
    let small = size(&networks.before).max(size(&networks.after)) <= MOST_LAYERS;
    let after = drawing::strips(networks.after.shaped, |id| marks.after(networks.after.shaped.graph(), id));
    html! {
        section.explorer id="network" {
            h2 { "The network" @if changed { " after" } }
            @if changed { (legend(&marks)) }
            @if small {
                (live(changed))
                script type="application/json" id="graph-data" { (PreEscaped(json(savings, networks, &marks))) }
            }
            div.still {
                (strips(after.as_ref()))
                @if changed {
                    details.past { summary { "The network before" }
                        (strips(drawing::strips(networks.before.shaped, |id| marks.before(networks.before.shaped.graph(), id)).as_ref()))
                    }
                }
            }
        }
    }
}

fn legend(marks: &Marks<'_>) -> Markup {
    let all = [(Mark::Inserted, "new", "inserted"), (Mark::Changed, "changed", "changed"), (Mark::Removed, "gone", "removed")];
    html! {
        p.note.legend-row {
            @for (mark, class, word) in all {
                @let n = marks.count(mark);
                @if n > 0 { span.entry { span class={ "key " (class) } {} " " (word) " (" (n) ")" } " " }
            }
        }
    }
}

fn strips(strips: Option<&Vec<String>>) -> Markup {
    html! {
        @if let Some(strips) = strips {
            div.strips { @for strip in strips { div.strip { (PreEscaped(strip)) } } }
        } @else {
            p.note { "Even by block it has more than " (grouped(drawing::MOST_BOXES as u64)) " boxes: it is not drawn." }
        }
    }
}

/// What the script brings to life; hidden without it.
fn live(changed: bool) -> Markup {
    let button = |act: &str, label: &str, title: &str| html! { button type="button" data-act=(act) title=(title) { (label) } };
    html! {
        div.live hidden {
            div.bar-top role="toolbar" aria-label="graph" {
                @if changed {
                    div.group role="group" aria-label="networks shown" data-modes {
                        button type="button" data-mode="both" aria-pressed="false" title="before and after, side by side" { "Side by side" }
                        button type="button" data-mode="overlay" aria-pressed="false" title="after, with what was inserted, changed and removed" { "Overlaid" }
                        button type="button" data-mode="before" aria-pressed="false" { "Before" }
                    }
                }
                div.group role="group" aria-label="blocks" {
                    (button("fold", "Fold all", "show blocks as single boxes"))
                    (button("open", "Open all", "show every layer"))
                }
                div.group role="group" aria-label="zoom" {
                    button type="button" data-act="out" aria-label="zoom out" title="zoom out (-)" { "−" }
                    button type="button" data-act="in" aria-label="zoom in" title="zoom in (+)" { "+" }
                    (button("fit", "Fit", "fit the drawing (0)"))
                    (button("full", "Full view", "fill the window (f, Esc to leave)"))
                }
                div.find {
                    input type="search" placeholder="Find a layer (/)" aria-label="find a layer by name or operation" autocomplete="off" spellcheck="false";
                    span.found aria-live="polite" {}
                }
            }
            div.stage {
                div.panes {}
                aside.detail hidden aria-live="polite" aria-label="what is chosen" {}
            }
            p.note.hint { "Click a block to open it and a layer for its numbers. Drag or arrow keys move; Ctrl and wheel, pinch, or + and - zoom." }
        }
    }
}

/// The data of the script, safe inside a script element: no `<` in it can end the element or begin a comment.
fn json(savings: &Savings, networks: &Networks<'_>, marks: &Marks<'_>) -> String {
    let (before, after) = (&networks.before, &networks.after);
    let (old, new) = (before.shaped, after.shaped);
    let scenes = [
        scene::scene(old, false, |id| marks.before(old.graph(), id)),
        scene::scene(new, true, |id| marks.after(new.graph(), id)),
    ];
    let renamed = savings.changes.iter().filter_map(|change| Some((change.layer.as_str(), change.renamed.as_deref()?))).collect();
    let overlay = scene::overlay(old, new, &renamed, |id| marks.after(new.graph(), id));
    let predicted = savings.predicted.as_ref().map(|it| it.target.as_str());
    let data = facts([before, after], (&scenes, overlay.as_ref()), (naming::macs(savings.convention), predicted), marks);
    // Writing plain data to memory cannot fail: keys are text, and no number is infinite.
    let text = serde_json::to_string(&data).unwrap_or_default();
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            _ => safe.push(c),
        }
    }
    safe
}
