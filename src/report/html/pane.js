// One drawing that can be moved and zoomed, with its minimap.
const SVG = 'http://www.w3.org/2000/svg';
const LEAST = 0.04, MOST = 3;

function draw(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

class Pane {
  // `scene` has scopes; `act` is told what is chosen, opened, and when the view moves.
  constructor(host, scene, label, act) {
    Object.assign(this, { scene, act, x: 0, y: 0, k: 1, places: new Map() });
    this.end = new AbortController();
    this.root = document.createElement('div');
    this.root.className = 'pane';
    if (label) {
      const caption = document.createElement('p');
      caption.className = 'caption';
      caption.textContent = label;
      this.root.append(caption);
    }
    this.frame = document.createElement('div');
    this.frame.className = 'canvas';
    this.root.append(this.frame);
    this.svg = draw(this.frame, 'svg', { class: 'net', tabindex: '0', role: 'group', 'aria-label': `${label || 'graph'}: arrow keys move, + and - zoom` });
    this.world = draw(this.svg, 'g', {});
    this.map = draw(this.frame, 'svg', { class: 'map net', 'aria-hidden': 'true' });
    host.append(this.root);
    this.listen();
  }

  show(open, chosen) {
    this.drawing = arrange(this.scene.scopes, 0, open);
    this.places.clear();
    this.world.replaceChildren();
    this.fill(this.world, this.drawing, 0, 0);
    this.minimap();
    this.choose(chosen);
    this.move();
  }

  // Draws a scope whose upper left corner is at (left, top); notes where every box is.
  fill(parent, scope, left, top) {
    for (const { points, gone } of scope.edges) {
      const moved = points.map(([x, y]) => [x + left, y + top]);
      const [x, y] = moved[moved.length - 1];
      draw(parent, 'path', { d: curve(moved), class: gone ? 'gone' : '' });
      draw(parent, 'path', { class: 'a', d: `M${x} ${y}l-3.2 -6.4h6.4z` });
    }
    for (const place of scope.boxes) this.box(parent, place, place.x + left, place.y + top);
  }

  box(parent, place, x, y) {
    const { box, w, h, inside } = place;
    const folds = box.inner !== undefined;
    const said = [box.title, ...(inside ? [box.block] : box.lines)].join(', ');
    const group = draw(parent, 'g', { class: inside ? `${box.kind} opened` : box.kind, role: 'button', tabindex: '0', 'aria-label': said });
    if (folds) group.setAttribute('aria-expanded', String(Boolean(inside)));
    const round = box.kind === 'port' || box.kind === 'gate' ? h / 2 : 6;
    draw(group, 'rect', { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: round });
    this.places.set(box.key, { place, x, y, w, h, group });
    group.addEventListener('click', (event) => {
      event.stopPropagation();
      if (!this.dragged) this.act.click(this, box);
    });
    group.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      event.stopPropagation();
      this.act.click(this, box);
    });
    group.addEventListener('focus', () => { if (group.matches(':focus-visible')) this.reveal(box.key); });
    if (inside) {
      draw(group, 'rect', { class: 'head', x: x - w / 2, y: y - h / 2, width: w, height: HEAD - 6, rx: 6 });
      const text = draw(group, 'text', { class: 't', x: x - w / 2 + 12, y: y - h / 2 + 17 }, `▾ ${box.title}`);
      text.style.textAnchor = 'start';
      draw(text, 'tspan', { class: 'soft', dx: 8 }, box.block);
      this.lead(parent, inside, x, y - h / 2, y + h / 2);
      this.fill(parent, inside, x - inside.w / 2, y - h / 2 + HEAD);
      return;
    }
    if (box.kind === 'gate') {
      draw(group, 'text', { x, y: y + 4 }, box.title);
      return;
    }
    draw(group, 'text', { class: 't', x, y: y - h / 2 + 18 }, folds ? `▸ ${box.title}` : box.title);
    box.lines.forEach((line, i) => draw(group, 'text', { x, y: y - h / 2 + 33 + 15 * i }, line));
  }

  // Lines from the sides of an open block to its gates.
  lead(parent, inside, x, top, bottom) {
    for (const gate of inside.boxes.filter((it) => it.box.kind === 'gate')) {
      const [gx, gy] = [gate.x + x - inside.w / 2, gate.y + top + HEAD];
      const enters = gate.box.key.startsWith('in ');
      const points = enters ? [[x, top], [gx, gy - gate.h / 2]] : [[gx, gy + gate.h / 2], [x, bottom]];
      draw(parent, 'path', { class: 'lead', d: curve(points) });
    }
  }

  minimap() {
    this.map.replaceChildren();
    const { w, h } = this.drawing;
    this.map.setAttribute('viewBox', `-10 -10 ${w + 20} ${h + 20}`);
    const least = Math.max(w, h) / 90;
    for (const { place, x, y, w: wide, h: high } of this.places.values()) {
      const [across, down] = [Math.max(wide, least), Math.max(high, least / 3)];
      const group = draw(this.map, 'g', { class: place.inside ? 'opened' : place.box.kind });
      draw(group, 'rect', { x: x - across / 2, y: y - down / 2, width: across, height: down });
    }
    this.lens = draw(this.map, 'rect', { class: 'lens' });
  }

  size() {
    return [this.frame.clientWidth, this.frame.clientHeight];
  }

  // What was in the middle stays there.
  resized() {
    if (!this.drawing) return;
    const [w] = this.size();
    this.x += (this.wide - w) / 2 / this.k;
    this.wide = w;
    this.move();
  }

  // The view shows the point (x, y) of the drawing in its upper left corner, k times as large.
  move() {
    const [w, h] = this.size();
    const [wide, high] = [w / this.k, h / this.k];
    const edge = 40 / this.k;
    // Some of the drawing always stays in sight.
    this.x = Math.min(Math.max(this.x, edge - wide), this.drawing.w - edge);
    this.y = Math.min(Math.max(this.y, edge - high), this.drawing.h - edge);
    this.world.setAttribute('transform', `scale(${this.k}) translate(${-this.x} ${-this.y})`);
    this.svg.classList.toggle('far', this.k < 0.3);
    const inside = this.drawing.w * this.k <= w && this.drawing.h * this.k <= h;
    this.map.classList.toggle('idle', inside);
    for (const [key, value] of [['x', this.x], ['y', this.y], ['width', wide], ['height', high]]) this.lens.setAttribute(key, value);
  }

  pan(dx, dy) {
    this.x -= dx / this.k;
    this.y -= dy / this.k;
    this.move();
    this.act.moved(this);
  }

  // Zooms round a point of the window, the middle where none is given.
  zoom(factor, px, py) {
    const [w, h] = this.size();
    const [cx, cy] = [px ?? w / 2, py ?? h / 2];
    const k = Math.min(MOST, Math.max(LEAST, this.k * factor));
    this.x += cx / this.k - cx / k;
    this.y += cy / this.k - cy / k;
    this.k = k;
    this.move();
    this.act.moved(this);
  }

  // How large all of it can be drawn, or, where that is too small to read, its width.
  fitting(whole) {
    const [w, h] = this.size();
    const across = (w - 24) / this.drawing.w, down = (h - 24) / this.drawing.h;
    return Math.min(whole ? 1.5 : 1, Math.max(LEAST, whole ? Math.min(across, down) : Math.max(Math.min(across, 1), 0.35)));
  }

  // Shows the middle of the drawing, or its upper end where it is too high.
  fit(k) {
    const [w, h] = this.size();
    this.wide = w;
    this.k = k;
    this.x = (this.drawing.w - w / this.k) / 2;
    this.y = this.drawing.h * this.k <= h - 24 ? (this.drawing.h - h / this.k) / 2 : -12 / this.k;
    this.move();
  }

  // Shows what has been opened from side to side, as far as it can be read then, and from its head on.
  take(at) {
    const [w, h] = this.size();
    const head = (at.y - at.h / 2 - this.y) * this.k;
    if (at.w * this.k > w - 24) {
      this.k = Math.min(this.k, Math.max((w - 24) / at.w, 0.4));
      this.x = at.x - w / this.k / 2;
    }
    const room = h - head - 12;
    this.y = at.y - at.h / 2 - (at.h * this.k > room ? Math.max(Math.min(head, 40), head + room - at.h * this.k) : head) / this.k;
  }

  // Moves a box into sight.
  reveal(key, middle) {
    const at = this.places.get(key);
    if (!at) return;
    const [w, h] = this.size();
    const [left, top] = [(at.x - at.w / 2 - this.x) * this.k, (at.y - at.h / 2 - this.y) * this.k];
    const hidden = left < 0 || top < 0 || left + at.w * this.k > w || top + Math.min(at.h * this.k, h / 2) > h;
    if (!middle && !hidden) return;
    if (middle && this.k < 0.6) this.k = 0.8;
    this.x = at.x - w / this.k / 2;
    this.y = at.h * this.k > h ? at.y - at.h / 2 - 20 / this.k : at.y - h / this.k / 2;
    this.move();
    this.act.moved(this);
  }

  choose(key) {
    for (const [name, { group }] of this.places) group.classList.toggle('chosen', name === key);
  }

  listen() {
    const pointers = new Map();
    const at = (event) => {
      const box = this.frame.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.svg.addEventListener('pointerdown', (event) => {
      pointers.set(event.pointerId, at(event));
      this.dragged = false;
      this.travel = 0;
    });
    window.addEventListener('pointermove', (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) return;
      const now = at(event);
      const [dx, dy] = [now[0] - last[0], now[1] - last[1]];
      this.travel += Math.hypot(dx, dy);
      if (this.travel > 5) this.dragged = true;
      if (pointers.size === 2) {
        const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
        const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
        this.zoom(Math.hypot(now[0] - other[0], now[1] - other[1]) / Math.max(before, 1), other[0], other[1]);
      } else if (this.dragged) {
        this.svg.classList.add('moving');
        this.pan(dx, dy);
      }
      pointers.set(event.pointerId, now);
    }, { signal: this.end.signal });
    for (const end of ['pointerup', 'pointercancel']) {
      window.addEventListener(end, (event) => {
        pointers.delete(event.pointerId);
        this.svg.classList.remove('moving');
      }, { signal: this.end.signal });
    }
    this.svg.addEventListener('click', () => { if (!this.dragged) this.act.click(this, null); });
    this.svg.addEventListener('wheel', (event) => {
      const full = this.frame.closest('.full');
      if (!event.ctrlKey && !event.metaKey && !full) return;
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(-event.deltaY / 300), ...at(event));
      else this.pan(-event.deltaX, -event.deltaY);
    }, { passive: false });
    const jump = (event) => {
      if (!event.buttons) return;
      const box = this.map.getScreenCTM().inverse();
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(box);
      const [w, h] = this.size();
      this.x = point.x - w / this.k / 2;
      this.y = point.y - h / this.k / 2;
      this.move();
      this.act.moved(this);
    };
    for (const name of ['pointerdown', 'pointermove']) this.map.addEventListener(name, jump);
  }
}
