// The numbers of what is chosen.
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
const shape = (dims) => dims.map(grouped).join(' × ');
const pair = ([h, w]) => (h === w ? String(h) : `${h} × ${w}`);
const time = (ms) => (ms >= 1 ? `${ms.toPrecision(3)} ms` : `${(ms * 1000).toPrecision(3)} us`);

function byteText(n) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [value, unit] = [Number(n), 0];
  while (value >= 1024 && unit < 4) [value, unit] = [value / 1024, unit + 1];
  return unit ? `${value.toPrecision(3)} ${units[unit]}` : `${value} B`;
}

function make(parent, name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}

// Title and value, or title, value before and value after where they differ.
function row(list, title, value, was) {
  if (value === undefined || value === null || value === '') return;
  make(list, 'dt', title);
  const cell = make(list, 'dd');
  if (was !== undefined && was !== null && was !== value) {
    make(cell, 'span', `${was} → `, 'was-text');
  }
  cell.append(value);
}

function padText([top, left, bottom, right]) {
  if (top === bottom && left === right) return pair([top, left]);
  return `${top} top, ${left} left, ${bottom} bottom, ${right} right`;
}

function layerRows(list, data, layer, old) {
  const of = (f) => [f(layer), old && f(old)];
  row(list, 'input', layer.in.map(shape).join(' and '));
  row(list, 'output', ...of((it) => shape(it.out)));
  row(list, 'kernel', ...of((it) => it.kernel && pair(it.kernel)));
  row(list, 'stride', ...of((it) => it.stride && pair(it.stride)));
  row(list, 'pad', ...of((it) => it.pad && padText(it.pad)));
  row(list, 'groups', ...of((it) => it.groups && grouped(it.groups)));
  if (layer.dilation && pair(layer.dilation) !== '1') row(list, 'dilation', pair(layer.dilation));
  if (!layer.field) return;
  // What a layer neither has nor had is left out.
  const count = (title, f, text) => { if (f(layer) || (old && f(old))) row(list, title, ...of((it) => text(f(it)))); };
  count('parameters', (it) => it.params, grouped);
  count(data.macs, (it) => it.macs, grouped);
  count('FLOPs', (it) => it.flops, grouped);
  count('weights', (it) => it.weight_bytes, byteText);
  row(list, 'writes', ...of((it) => byteText(it.write_bytes)));
  const [field, stride, offset] = layer.field;
  row(list, 'receptive field', `${pair(field)}, stride ${pair(stride)}, offset ${pair(offset)}`);
  if (layer.ms !== undefined) row(list, `predicted, ${data.target}`, ...of((it) => time(it.ms)));
  row(list, 'line', layer.line);
}

function sumRows(list, data, sum, old) {
  const of = (f) => [f(sum), old && f(old)];
  row(list, 'layers', ...of((it) => grouped(it.layers)));
  row(list, 'parameters', ...of((it) => grouped(it.params)));
  row(list, data.macs, ...of((it) => grouped(it.macs)));
  if (sum.ms !== undefined) row(list, `predicted, ${data.target}`, ...of((it) => time(it.ms)));
}

// Buttons that lead to other layers.
function links(panel, title, layers, go) {
  if (!layers.length) return;
  const line = make(panel, 'p', undefined, 'links');
  make(line, 'span', `${title} `);
  for (const layer of layers.slice(0, 24)) {
    const button = make(line, 'button', layer.name);
    button.type = 'button';
    button.addEventListener('click', () => go(layer));
  }
  if (layers.length > 24) make(line, 'span', `and ${layers.length - 24} more`);
}
