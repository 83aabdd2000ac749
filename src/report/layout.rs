//! A layered layout of a directed acyclic graph (Sugiyama, Tagawa & Toda, 1981), top to bottom.
//!
//! In: box sizes and edges. Out: positions of boxes and the points that each edge passes. Ranks by longest path, orders
//! by barycentres, horizontal places by exact isotonic regression of each rank against its neighbours. No recursion;
//! time grows linearly with boxes and the ranks that edges cross.

use std::collections::VecDeque;

/// Space between boxes of one rank.
const GAP_X: f64 = 22.0;
/// Space between ranks.
pub(super) const GAP_Y: f64 = 30.0;
/// Width of the place that a passing edge takes.
const LANE: f64 = 10.0;
/// Sweeps over all ranks, for orders and for places.
const SWEEPS: usize = 12;
/// Beyond this many places for passing edges, long edges are drawn straight.
const MOST_LANES: usize = 200_000;

/// Where everything is.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Size of the drawing.
    pub size: (f64, f64),
    /// Centre of each box.
    pub boxes: Vec<(f64, f64)>,
    /// The rank of each box: those of one rank stand side by side.
    pub ranks: Vec<usize>,
    /// Upper side and height of each rank.
    pub rows: Vec<(f64, f64)>,
    /// Points of each edge, from the lower side of its first box to the upper side of its second; between
    /// them two for each rank that it crosses, unless there are too many of these.
    pub edges: Vec<Vec<(f64, f64)>>,
}

/// A place in a rank: a box, or a lane that an edge passes through.
struct Slot {
    rank: usize,
    width: f64,
    x: f64,
    up: Vec<usize>,
    down: Vec<usize>,
}

/// Lays out boxes of the given sizes (width, height) with edges between their indices.
#[must_use]
pub fn layout(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Layout {
    let ranks = ranks(sizes.len(), edges);
    let mut slots: Vec<Slot> = sizes
        .iter()
        .zip(&ranks)
        .map(|((width, _), rank)| Slot { rank: *rank, width: *width, x: 0.0, up: Vec::new(), down: Vec::new() })
        .collect();
    let lanes = lanes(&mut slots, edges);
    let mut rows = rows(&slots);
    order(&mut rows, &mut slots);
    place(&rows, &mut slots);
    finish(sizes, edges, &slots, &rows, &lanes)
}

/// Longest path from a source; boxes with more followers than inputs move down towards them.
fn ranks(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut followers = vec![Vec::new(); count];
    let mut inputs = vec![0usize; count];
    for (from, to) in edges {
        followers[*from].push(*to);
        inputs[*to] += 1;
    }
    let mut waiting = inputs.clone();
    let mut ready: VecDeque<usize> = (0..count).filter(|i| inputs[*i] == 0).collect();
    let (mut rank, mut sorted) = (vec![0usize; count], Vec::with_capacity(count));
    while let Some(at) = ready.pop_front() {
        sorted.push(at);
        for to in &followers[at] {
            rank[*to] = rank[*to].max(rank[at] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push_back(*to);
            }
        }
    }
    for at in sorted.into_iter().rev() {
        if let Some(first) = followers[at].iter().map(|to| rank[*to]).min().filter(|_| followers[at].len() > inputs[at]) {
            rank[at] = rank[at].max(first.saturating_sub(1));
        }
    }
    rank
}

/// Adds a lane in every rank that an edge crosses; returns each edge's lanes.
fn lanes(slots: &mut Vec<Slot>, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let long: usize = edges.iter().map(|(a, b)| slots[*b].rank.saturating_sub(slots[*a].rank + 1)).sum();
    let mut all = Vec::with_capacity(edges.len());
    for (from, to) in edges {
        let mut chain = Vec::new();
        let mut last = *from;
        if long <= MOST_LANES {
            for rank in slots[*from].rank + 1..slots[*to].rank {
                let lane = slots.len();
                slots.push(Slot { rank, width: LANE, x: 0.0, up: vec![last], down: Vec::new() });
                slots[last].down.push(lane);
                chain.push(lane);
                last = lane;
            }
        }
        slots[last].down.push(*to);
        slots[*to].up.push(last);
        all.push(chain);
    }
    all
}

fn rows(slots: &[Slot]) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); slots.iter().map(|s| s.rank + 1).max().unwrap_or(0)];
    for (i, slot) in slots.iter().enumerate() {
        rows[slot.rank].push(i);
    }
    rows
}

/// Orders each rank by the mean position of its neighbours, down and up in turn; the order with fewest crossings stays.
fn order(rows: &mut Vec<Vec<usize>>, slots: &mut [Slot]) {
    number(rows, slots);
    let mut best = (crossings(rows, slots), rows.clone());
    for sweep in 0..SWEEPS {
        if best.0 == 0 {
            break;
        }
        let down = sweep % 2 == 0;
        let ranks: Vec<usize> = if down { (1..rows.len()).collect() } else { (0..rows.len().saturating_sub(1)).rev().collect() };
        for rank in ranks {
            let mut keyed: Vec<(f64, usize)> = rows[rank].iter().map(|i| (barycentre(slots, *i, down), *i)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows[rank] = keyed.into_iter().map(|(_, i)| i).collect();
            for (position, i) in rows[rank].iter().enumerate() {
                slots[*i].x = position as f64;
            }
        }
        let now = crossings(rows, slots);
        if now < best.0 {
            best = (now, rows.clone());
        }
    }
    *rows = best.1;
    number(rows, slots);
}

fn number(rows: &[Vec<usize>], slots: &mut [Slot]) {
    for row in rows {
        for (position, i) in row.iter().enumerate() {
            slots[*i].x = position as f64;
        }
    }
}

fn barycentre(slots: &[Slot], at: usize, down: bool) -> f64 {
    let around = if down { &slots[at].up } else { &slots[at].down };
    if around.is_empty() {
        return slots[at].x;
    }
    around.iter().map(|i| slots[*i].x).sum::<f64>() / around.len() as f64
}

/// Pairs of edges that cross between neighbouring ranks (counted with a Fenwick tree).
fn crossings(rows: &[Vec<usize>], slots: &[Slot]) -> u64 {
    let mut count = 0;
    for row in rows {
        let mut ends = Vec::new();
        for i in row {
            let mut to: Vec<usize> = slots[*i].down.iter().map(|d| slots[*d].x as usize).collect();
            to.sort_unstable();
            ends.extend(to);
        }
        let mut tree = vec![0u64; ends.iter().max().map_or(0, |m| m + 2)];
        for (seen, end) in ends.iter().enumerate() {
            let mut before = 0;
            let mut i = end + 1;
            while i > 0 {
                before += tree[i];
                i &= i - 1;
            }
            count += seen as u64 - before;
            let mut i = end + 1;
            while i < tree.len() {
                tree[i] += 1;
                i += i & i.wrapping_neg();
            }
        }
    }
    count
}

/// Gives every slot a horizontal centre: each rank in turn is fitted to its neighbours without changing its order.
fn place(rows: &[Vec<usize>], slots: &mut [Slot]) {
    for row in rows {
        let mut x = 0.0;
        for i in row {
            slots[*i].x = x + slots[*i].width / 2.0;
            x += slots[*i].width + GAP_X;
        }
        let middle = (x - GAP_X) / 2.0;
        for i in row {
            slots[*i].x -= middle;
        }
    }
    for sweep in 0..2 * SWEEPS {
        let down = sweep % 2 == 0;
        for step in 0..rows.len() {
            let rank = if down { step } else { rows.len() - 1 - step };
            fit(&rows[rank], slots, sweep + 2 < 2 * SWEEPS, down);
        }
    }
}

/// Moves one rank as near as its order allows to where its neighbours want it (least squares, pool adjacent violators).
fn fit(row: &[usize], slots: &mut [Slot], one_sided: bool, down: bool) {
    let mut offset = 0.0;
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(row.len());
    let mut offsets = Vec::with_capacity(row.len());
    for (k, i) in row.iter().enumerate() {
        if k > 0 {
            offset += f64::midpoint(slots[row[k - 1]].width, slots[*i].width) + GAP_X;
        }
        offsets.push(offset);
        let (wish, weight) = wish(slots, *i, one_sided, down);
        pools.push((wish - offset, weight, 1));
        while pools.len() > 1 && pools[pools.len() - 2].0 >= pools[pools.len() - 1].0 {
            let (b, wb, nb) = pools.pop().expect("there are two");
            let (a, wa, na) = pools.pop().expect("there are two");
            pools.push(((a * wa + b * wb) / (wa + wb), wa + wb, na + nb));
        }
    }
    let mut k = 0;
    for (value, _, count) in pools {
        for _ in 0..count {
            slots[row[k]].x = value + offsets[k];
            k += 1;
        }
    }
}

/// Where a slot's neighbours want it, and how much that counts. The mean, because regression keeps means: with medians
/// every fork and join of unequal branches would lean a little further to one side.
fn wish(slots: &[Slot], at: usize, one_sided: bool, down: bool) -> (f64, f64) {
    let slot = &slots[at];
    let (up, below): (&[usize], &[usize]) = match (one_sided, down) {
        (true, true) => (&slot.up, &[]),
        (true, false) => (&[], &slot.down),
        (false, _) => (&slot.up, &slot.down),
    };
    let count = up.len() + below.len();
    if count == 0 {
        return (slot.x, 0.1);
    }
    let sum: f64 = up.iter().chain(below).map(|i| slots[*i].x).sum();
    (sum / count as f64, 1.0)
}

fn finish(sizes: &[(f64, f64)], edges: &[(usize, usize)], slots: &[Slot], rows: &[Vec<usize>], lanes: &[Vec<usize>]) -> Layout {
    let left = slots.iter().map(|s| s.x - s.width / 2.0).fold(f64::INFINITY, f64::min);
    let right = slots.iter().map(|s| s.x + s.width / 2.0).fold(f64::NEG_INFINITY, f64::max);
    let mut tops = Vec::with_capacity(rows.len());
    let mut y = 0.0;
    for row in rows {
        let height = row.iter().filter_map(|i| sizes.get(*i)).map(|(_, h)| *h).fold(0.0, f64::max);
        tops.push((y, height));
        y += height + GAP_Y;
    }
    let centre = |i: usize| {
        let (top, height) = tops[slots[i].rank];
        (slots[i].x - left, top + height / 2.0)
    };
    let edges = edges
        .iter()
        .zip(lanes)
        .map(|((from, to), chain)| {
            let (a, b) = (centre(*from), centre(*to));
            let mut points = vec![(a.0, a.1 + sizes[*from].1 / 2.0)];
            for lane in chain {
                let (top, height) = tops[slots[*lane].rank];
                let x = centre(*lane).0;
                points.extend([(x, top), (x, top + height)]);
            }
            points.push((b.0, b.1 - sizes[*to].1 / 2.0));
            points
        })
        .collect();
    let width = if slots.is_empty() { 0.0 } else { right - left };
    let boxes = (0..sizes.len()).map(centre).collect();
    let ranks = slots[..sizes.len()].iter().map(|slot| slot.rank).collect();
    Layout { size: (width, (y - GAP_Y).max(0.0)), boxes, ranks, rows: tops, edges }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: (f64, f64) = (100.0, 40.0);

    #[test]
    fn a_chain_is_straight() {
        let got = layout(&[BOX; 4], &[(0, 1), (1, 2), (2, 3)]);
        assert!(got.boxes.iter().all(|b| (b.0 - 50.0).abs() < 1e-6), "{got:?}");
        assert_eq!(got.size, (100.0, 4.0 * 40.0 + 3.0 * GAP_Y));
    }

    #[test]
    fn forks_and_joins_do_not_lean() {
        // Modules of three branches of different widths, one of them a direct edge.
        let mut sizes = vec![BOX];
        let mut edges = Vec::new();
        for module in 0..20 {
            let fork = 3 * module;
            sizes.extend([(40.0, 40.0), (200.0, 40.0), BOX]);
            edges.extend([(fork, fork + 1), (fork, fork + 2), (fork, fork + 3), (fork + 1, fork + 3), (fork + 2, fork + 3)]);
        }
        let got = layout(&sizes, &edges);
        assert!((got.boxes[0].0 - got.boxes[60].0).abs() < 30.0, "{} and {}", got.boxes[0].0, got.boxes[60].0);
    }

    #[test]
    fn boxes_of_a_rank_do_not_overlap() {
        let edges: Vec<_> = (1..6).flat_map(|i| [(0, i), (i, 6)]).chain([(0, 6)]).collect();
        let got = layout(&[BOX; 7], &edges);
        let mut xs: Vec<f64> = got.boxes[1..6].iter().map(|b| b.0).collect();
        xs.sort_by(f64::total_cmp);
        assert!(xs.windows(2).all(|w| w[1] - w[0] >= 100.0 + GAP_X - 1e-6), "{xs:?}");
    }

    #[test]
    fn crossings_are_undone() {
        let got = layout(&[BOX; 4], &[(0, 3), (1, 2)]);
        assert_eq!(got.boxes[0].0 < got.boxes[1].0, got.boxes[3].0 < got.boxes[2].0, "{got:?}");
    }

    #[test]
    fn a_deep_chain_with_a_long_skip_is_quick() {
        let n = 100_000;
        let edges: Vec<_> = (1..n).map(|i| (i - 1, i)).chain([(0, n - 1), (0, n - 1), (0, n - 1)]).collect();
        assert_eq!(layout(&vec![BOX; n], &edges).boxes.len(), n);
    }
}
