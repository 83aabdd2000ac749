// The network to explore: which drawings are shown, what is open in them, what is chosen.
{
  const source = document.getElementById('graph-data');
  if (source) explore(JSON.parse(source.textContent), document.getElementById('network'));
}

function explore(data, section) {
  const live = section.querySelector('.live'), host = live.querySelector('.panes'), panel = live.querySelector('.detail');
  const search = live.querySelector('input'), found = live.querySelector('.found');
  const modes = [...live.querySelectorAll('[data-mode]')];
  const state = { open: new Set(), chosen: null, panes: [], hits: [], hit: -1 };
  const sides = [data.before, data.after];
  const byName = sides.map((side) => new Map(side.layers.map((layer) => [layer.name, layer])));
  const sums = sides.map((side) => new Map(side.scopes.flatMap((scope) => scope.boxes).filter((box) => box.sum).map((box) => [box.key, box.sum])));
  const layerOf = (pane, at) => (at < 0 ? data.before.layers[-1 - at] : sides[pane.side].layers[at]);
  for (const side of sides) {
    side.layers.forEach((layer) => { layer.to = []; });
    side.layers.forEach((layer) => layer.from.forEach((at) => side.layers[at].to.push(layer)));
  }

  const act = {
    click(pane, box) {
      if (!box) return choose(null);
      if (box.kind === 'gate') {
        const layer = box.layers.length ? layerOf(pane, box.layers[0]) : null;
        return layer && box.layers.length === 1 ? go(layer) : undefined;
      }
      choose({ key: box.key, side: pane.side, box });
      if (box.inner !== undefined) toggle(pane, box);
    },
    // The other drawing shows what stands at the same place of the network.
    moved(pane) {
      const other = state.panes.find((it) => it !== pane);
      if (!other) return;
      const [w, h] = pane.size();
      const middle = [pane.x + w / pane.k / 2, pane.y + h / pane.k / 2];
      let best = null;
      for (const [key, at] of pane.places) {
        const twin = other.places.get(key);
        if (!twin || at.place.inside) continue;
        const far = Math.hypot(at.x - middle[0], at.y - middle[1]);
        if (!best || far < best.far) best = { far, at, twin };
      }
      other.k = pane.k;
      const [dx, dy] = best ? [best.twin.x - best.at.x, best.twin.y - best.at.y] : [0, 0];
      const [ow, oh] = other.size();
      other.x = middle[0] + dx - ow / other.k / 2;
      other.y = middle[1] + dy - oh / other.k / 2;
      other.move();
    },
  };

  // Opens or folds a block and keeps its head where it was.
  function toggle(pane, box) {
    const was = pane.places.get(box.key);
    const head = [was.x, was.y - was.h / 2];
    if (!state.open.delete(box.key)) state.open.add(box.key);
    redraw();
    const now = pane.places.get(box.key);
    pane.x += now.x - head[0];
    pane.y += now.y - now.h / 2 - head[1];
    if (now.place.inside) pane.take(now);
    pane.move();
    act.moved(pane);
    now.group.focus({ preventScroll: true });
  }

  function redraw() {
    for (const pane of state.panes) pane.show(state.open, state.chosen?.key);
  }

  function show(mode) {
    state.mode = mode;
    for (const button of modes) button.setAttribute('aria-pressed', String(button.dataset.mode === mode));
    for (const pane of state.panes) pane.end.abort();
    host.replaceChildren();
    host.dataset.mode = mode;
    const add = (side, scene, label) => {
      const pane = new Pane(host, scene, label, act);
      pane.side = side;
      return pane;
    };
    if (mode === 'both') state.panes = [add(0, data.before, 'before'), add(1, data.after, 'after')];
    else if (mode === 'before') state.panes = [add(0, data.before, '')];
    else state.panes = [add(1, data.overlay ? { scopes: data.overlay } : data.after, '')];
    redraw();
    fit(false);
  }

  // Drawings side by side are equally large.
  function fit(whole) {
    const k = Math.min(...state.panes.map((pane) => pane.fitting(whole)));
    for (const pane of state.panes) pane.fit(k);
  }

  // Keys of the blocks round a layer, outermost first, and of its own box.
  function placeOf({ side, scene: { scopes } }, layer) {
    let at = sides[side].layers.indexOf(byName[side].get(layer.name));
    if (at < 0) at = scopes === data.overlay ? -1 - data.before.layers.indexOf(layer) : NaN;
    const holds = (box) => box.kind !== 'gate' && !box.key.startsWith('output ') && box.layers.includes(at);
    const keys = [];
    for (let scope = 0; ;) {
      const box = scopes[scope].boxes.find(holds);
      if (!box) return null;
      keys.push(box.key);
      scope = box.inner;
      if (scope === undefined) return { keys, box };
    }
  }

  // Opens what is round a layer and chooses it.
  function go(layer) {
    const has = (pane) => placeOf(pane, layer);
    const pane = state.panes.find((it) => sides[it.side].layers.includes(layer) && has(it)) ?? state.panes.find(has);
    if (!pane) return;
    const place = placeOf(pane, layer);
    const closed = place.keys.slice(0, -1).filter((key) => !state.open.has(key));
    closed.forEach((key) => state.open.add(key));
    if (closed.length) redraw();
    choose({ key: place.box.key, side: pane.side, box: place.box, layer });
    pane.reveal(place.box.key, true);
  }

  function choose(chosen) {
    state.chosen = chosen;
    for (const pane of state.panes) pane.choose(chosen?.key);
    panel.replaceChildren();
    panel.hidden = !chosen;
    if (chosen) describe(chosen);
    for (const pane of state.panes) pane.resized();
  }

  function describe({ side, box, layer }) {
    const close = make(panel, 'button', '×', 'close');
    close.type = 'button';
    close.setAttribute('aria-label', 'close');
    close.addEventListener('click', () => choose(null));
    if (box.inner !== undefined) {
      make(panel, 'h3', box.key.replace(/#(\d+)$/, ' (part $1)'));
      make(panel, 'p', box.block, 'call');
      const list = make(panel, 'dl');
      sumRows(list, data, sums[side].get(box.key) ?? box.sum, side === 1 ? sums[0].get(box.key) : undefined);
      return;
    }
    const pane = { side };
    const layers = box.layers.map((at) => ({ gone: at < 0, ...layerOf(pane, at), self: layerOf(pane, at) }));
    for (const it of layers) {
      const block = make(panel, 'div', undefined, it.self === layer ? 'one wanted' : 'one');
      make(block, 'h3', it.name);
      make(block, 'p', it.call, 'call');
      const tags = make(block, 'p', undefined, 'tags');
      if (it.mark) make(tags, 'span', it.mark, `tag ${it.mark}`);
      if (it.form) make(tags, 'span', it.form, 'tag');
      if (it.for) make(tags, 'span', `for ${it.for}`, 'soft');
      const list = make(block, 'dl');
      const old = side === 1 && !it.gone ? byName[0].get(it.name) : undefined;
      layerRows(list, data, it, old);
      const own = it.gone ? data.before : sides[side];
      links(block, 'reads', it.from.map((at) => own.layers[at]), go);
      links(block, 'read by', it.self.to, go);
    }
    panel.querySelector('.wanted')?.scrollIntoView({ block: 'nearest' });
  }

  function find(text) {
    const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const side = state.mode === 'before' ? 0 : 1;
    const all = data.overlay && side === 1 ? [...data.after.layers, ...data.before.layers.filter((it) => it.mark === 'removed')] : sides[side].layers;
    const rest = state.mode === 'both' ? [...all, ...data.before.layers.filter((it) => it.mark === 'removed' && !all.includes(it))] : all;
    const said = (layer) => `${layer.name} ${layer.call} ${layer.mark ?? ''}`.toLowerCase();
    state.hits = words.length ? rest.filter((layer) => words.every((word) => said(layer).includes(word))) : [];
    state.hit = -1;
    found.textContent = words.length ? (state.hits.length ? `${state.hits.length} found, Enter shows them` : 'none') : '';
  }

  function next(step) {
    if (!state.hits.length) return;
    state.hit = (state.hit + step + state.hits.length) % state.hits.length;
    found.textContent = `${state.hit + 1} of ${state.hits.length}`;
    go(state.hits[state.hit]);
  }

  function openAll() {
    for (const pane of state.panes) for (const scope of pane.scene.scopes) for (const box of scope.boxes) if (box.inner !== undefined) state.open.add(box.key);
  }

  function full(on) {
    section.classList.toggle('full', on);
    document.documentElement.classList.toggle('locked', on);
    live.querySelector('[data-act=full]').textContent = on ? 'Leave full view' : 'Full view';
    fit(false);
  }

  const first = () => state.panes[0];
  const acts = {
    in: () => first().zoom(1.25),
    out: () => first().zoom(0.8),
    fit: () => fit(true),
    fold: () => { state.open.clear(); redraw(); fit(false); },
    open: () => { openAll(); redraw(); fit(false); },
    full: () => full(!section.classList.contains('full')),
  };
  live.addEventListener('click', (event) => acts[event.target.closest('[data-act]')?.dataset.act]?.());
  for (const button of modes) button.addEventListener('click', () => { choose(null); show(button.dataset.mode); });
  search.addEventListener('input', () => find(search.value));
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') next(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') { search.value = ''; find(''); }
  });
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest?.('input, textarea, select');
    if (typing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === '/') { event.preventDefault(); section.scrollIntoView({ block: 'nearest' }); search.focus(); return; }
    if (event.key === 'Escape') { if (state.chosen) choose(null); else if (section.classList.contains('full')) full(false); return; }
    if (!event.target.closest?.('.stage')) return;
    const pane = state.panes.find((it) => it.root.contains(event.target)) ?? first();
    const step = 60;
    const keys = {
      '+': () => pane.zoom(1.25), '=': () => pane.zoom(1.25), '-': () => pane.zoom(0.8), '0': acts.fit, f: acts.full,
      ArrowLeft: () => pane.pan(step, 0), ArrowRight: () => pane.pan(-step, 0), ArrowUp: () => pane.pan(0, step), ArrowDown: () => pane.pan(0, -step),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  new ResizeObserver(() => state.panes.forEach((pane) => pane.resized())).observe(host);

  live.hidden = false;
  section.classList.add('alive');
  // A network without blocks has nothing to fold.
  const blocks = data.after.scopes.length - 1;
  live.querySelector('[data-act=fold]').parentElement.hidden = blocks === 0;
  show(modes.length ? (window.innerWidth > 900 ? 'both' : 'overlay') : 'overlay');
}
