// Places of boxes when some blocks are open. Every scope comes laid out with its blocks folded; a block that opens makes its
// rank taller, and moves what stands left and right of it in that rank aside.
const GAP = 30, PAD = 14, HEAD = 30;

function arrange(scopes, index, open) {
  const scope = scopes[index];
  const boxes = scope.boxes.map((box) => {
    const place = { box, x: box.at[0], w: box.size[0], h: box.size[1], inside: null };
    if (box.inner !== undefined && open.has(box.key)) {
      place.inside = arrange(scopes, box.inner, open);
      place.w = Math.max(place.inside.w + 2 * PAD, textWidth(box.title, 7.2) + textWidth(box.block, 6.6) + 60);
      place.h = place.inside.h + HEAD + PAD;
    }
    return place;
  });
  const ranks = scope.rows.map(() => ({ height: 0, grown: [] }));
  for (const place of boxes) {
    const rank = ranks[place.box.rank];
    rank.height = Math.max(rank.height, place.h);
    const more = (place.w - place.box.size[0]) / 2;
    if (more > 0) rank.grown.push([place.box.at[0], more]);
  }
  let y = 0;
  for (const rank of ranks) {
    rank.top = y;
    y += rank.height + GAP;
  }
  const aside = (rank, x) => ranks[rank].grown.reduce((sum, [at, more]) => (at === x ? sum : sum + (x > at ? more : -more)), x);
  for (const place of boxes) {
    place.x = aside(place.box.rank, place.x);
    const { top, height } = ranks[place.box.rank];
    place.y = top + height / 2;
  }
  const edges = scope.edges.map(([from, to, ...lanes]) => {
    const [a, b] = [boxes[from], boxes[to]];
    const points = [[a.x, a.y + a.h / 2]];
    lanes.forEach((x, i) => {
      const rank = a.box.rank + 1 + i;
      const moved = aside(rank, x);
      points.push([moved, ranks[rank].top], [moved, ranks[rank].top + ranks[rank].height]);
    });
    points.push([b.x, b.y - b.h / 2]);
    return { points, gone: a.box.kind === 'gone' || b.box.kind === 'gone' };
  });
  let [left, right] = [Infinity, -Infinity];
  for (const { x, w } of boxes) [left, right] = [Math.min(left, x - w / 2), Math.max(right, x + w / 2)];
  for (const { points } of edges) for (const [x] of points) [left, right] = [Math.min(left, x - 4), Math.max(right, x + 4)];
  for (const place of boxes) place.x -= left;
  for (const { points } of edges) for (const point of points) point[0] -= left;
  return { boxes, edges, w: boxes.length ? right - left : 0, h: Math.max(0, y - GAP) };
}

function textWidth(text, character) {
  return (text || '').length * character;
}

// A smooth line through points, vertical at each of them.
function curve(points) {
  const n = (x) => Math.round(x * 10) / 10;
  let path = `M${n(points[0][0])} ${n(points[0][1])}`;
  for (let i = 1; i < points.length; i += 1) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const middle = (y0 + y1) / 2;
    path += Math.abs(x0 - x1) < 0.05 ? `V${n(y1)}` : `C${n(x0)} ${n(middle)} ${n(x1)} ${n(middle)} ${n(x1)} ${n(y1)}`;
  }
  return path;
}
