// The roofline: log-log, HBM and L2, winners and rivals, on demand every candidate. Where points stand was
// decided by the program; only candidates that were not raced are placed here, by their flops, bytes and
// time.
const rooflineState = {
  candidates: false,
  l2: false
};
let rooflineChart;

/// Each roof once, however many folders share it.
function shownRoofs() {
  const roofs = new Map();
  for (const [index, source] of data.sources.entries()) {
    if (!sourcePasses(index)) continue;
    for (const roof of source.roofs.roofs) {
      const mark = source.roofs.simulated ? ' (simulated)' : '';
      const clock = roof.sm_clock_mhz ? ` at ${number(roof.sm_clock_mhz, 0)} MHz` : '';
      const text = `${roof.label}${mark}: ${number(roof.value, 0)} ${roof.unit}${clock}`;
      const hbm = source.roofs.roofs.find((other) => other.level === 'hbm');
      const rates = source.roofs.roofs.filter((other) => other.unit === 'TFLOPS').map(({value}) => value);
      const top = rates.length ? Math.max(...rates) : Infinity;
      roofs.set(text, {...roof, text, hbm, top});
    }
  }
  return [...roofs.values()].filter((roof) => roof.level !== 'l2' || rooflineState.l2);
}

function placed() { return data.points.filter((point) => point.intensity); }

/// Axes stay as they are whatever is filtered, so that pictures can be compared, and show where each roof
/// bends.
function rooflineRange() {
  const x = placed().flatMap((point) => [point.intensity, point.l2_intensity ?? point.intensity]);
  const y = placed().map((point) => point.tflops);
  const ridges = data.sources.flatMap(({roofs: {roofs}}) => {
    const hbm = roofs.find((roof) => roof.level === 'hbm');
    return hbm ? roofs.filter((roof) => roof.unit === 'TFLOPS').map((roof) => roof.value * 1000 / hbm.value) :
                 [];
  });
  const tops = data.sources.flatMap(
      (source) => source.roofs.roofs.filter((roof) => roof.unit === 'TFLOPS').map((roof) => roof.value));
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity),
        most = (values) => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    left: least([...x, ...ridges]) / 1.5,
    right: most([...x, ...ridges]) * 1.6,
    bottom: least(y) / 1.8,
    top: most([...y, ...tops]) * 1.6
  };
}

/// A dash of its own for each rate: two of FP8 lie close to each other.
function dashOf({level}) { return {l2: [2, 3], bf16: [6, 4], fp8_promoted: [10, 3, 2, 3]}[level] ?? []; }

function roofDataset(roof, range) {
  const memory = roof.unit === 'GB/s';
  const at = (x) => ({x, y: memory ? roof.value * x / 1000 : roof.value});
  const start =
      memory ? range.left : Math.max(range.left, roof.hbm ? roof.value * 1000 / roof.hbm.value : range.left);
  const end = memory ? Math.min(range.right, roof.top * 1000 / roof.value) : range.right;
  return {
    type: 'line',
    roof,
    data: [at(start), at(end)],
    borderColor: ink('faint'),
    borderWidth: 1.6,
    pointRadius: 0,
    pointHitRadius: 0,
    borderDash: dashOf(roof),
    order: 10,
  };
}

/// What each line is, below the chart: beside the lines it would lie over points or over another.
function drawRoofs(roofs) {
  const sample = (roof) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', 'svg'),
          line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
    const set = (of, values) =>
        Object.entries(values).forEach(([name, value]) => of.setAttribute(name, value));
    set(made, {width: 36, height: 8, 'aria-hidden': true});
    set(line, {x1: 0, y1: 4, x2: 36, y2: 4, stroke: 'currentColor', 'stroke-width': 1.6});
    set(line, {'stroke-dasharray': dashOf(roof).join(' ')});
    made.append(line);
    return made;
  };
  fill(find('#roofline .roofs'), ...roofs.map((roof) => element('li', {}, sample(roof), roof.text)));
}

function candidatesDataset() {
  const rows = data.rows, points = [];
  for (const row of shownRows()) {
    const of = work.get(`${rows.problem[row]}:${rows.provider[row]}`);
    if (!rows.time_us[row] || rows.provider[row] !== OURS || !of) continue;
    points.push({x: of.flops / of.bytes, y: of.flops / rows.time_us[row] * 1e-6, row});
  }
  return {
    label: 'every candidate of ours',
    data: points,
    pointStyle: 'circle',
    pointRadius: 1.5,
    pointHoverRadius: 4,
    borderColor: ink('faint'),
    backgroundColor: ink('faint'),
    borderWidth: 0,
    order: 5
  };
}

function pointDatasets(range) {
  const groups = new Map();
  for (const point of shownPoints()) {
    if (!point.intensity) continue;
    const key = `${point.source}:${point.provider}`;
    if (!groups.has(key))
      groups.set(
          key, {...look(point.source, point.provider), data: [], order: point.provider === OURS ? 1 : 2});
    groups.get(key).data.push({
      x: point.intensity * sideways(find('#roofline canvas'), point.source, range),
      y: point.tflops,
      point
    });
    if (rooflineState.l2 && point.l2_intensity) {
      const level = `${key}:l2`;
      if (!groups.has(level))
        groups.set(level, {
          ...look(point.source, point.provider),
          label: `${look(point.source, point.provider).label}, by bytes asked of the L2`,
          backgroundColor: 'transparent',
          data: [],
          order: 3
        });
      groups.get(level).data.push({
        x: point.l2_intensity * sideways(find('#roofline canvas'), point.source, range),
        y: point.tflops,
        point
      });
    }
  }
  return [...groups.values()];
}

/// What the GPU counts is said, what it does not is left out.
function countedText(counters) {
  const said = [
    ['dram_read_bytes', 1e-6, ' MB read from memory'], ['l2_bytes', 1e-6, ' MB of L2'],
    ['tensor_active_percent', 1, ' % of cycles with active tensor pipes']
  ];
  return said.filter(([name]) => typeof counters?.[name] === 'number')
      .map(([name, factor, unit]) => number(counters[name] * factor, 1) + unit)
      .join(', ');
}

/// What hovering says of a winner or a rival.
function pointLines(point) {
  const spread = (point.time_us_high - point.time_us_low) / point.time_us * 50;
  const interval = spread ? ` ±${number(spread, 1)} %` : '';  // figures of others were carried without one
  const lines = [look(point.source, point.provider).label];
  if (point.config !== null) lines.push(point.short || configText(point.config));
  lines.push(`${number(point.time_us, 2)} µs${interval}, ${number(point.tflops)} TFLOPS, ${
      number(point.gbps, 0)} GB/s`);
  lines.push(`${number(100 * point.tflops / point.attainable_tflops, 0)} % of its roof (${point.bound})`);
  const counted = countedText(point.counters);
  if (counted) lines.push(`counted: ${counted}`);
  if (point.sm_clock_mhz) lines.push(`SM clock ${number(point.sm_clock_mhz, 0)} MHz`);
  if (point.above) lines.push(`above the roof "${point.above}": an accounting error`);
  return lines;
}

function rowLines(row) {
  const rows = data.rows;
  return [
    `${number(rows.time_us[row])} µs ±${number(rows.spread[row])} %`,
    ...configText(rows.config[row]).match(/(?:[^,]*,?){1,3}/g).filter(Boolean)
  ];
}

function drawRoofline() {
  const range = rooflineRange();
  if (!placed().length) return;
  rooflineChart ??= makeChart(
      find('#roofline canvas'), 'scatter', {
        x: logAxis('FLOP per compulsory byte', {min: range.left, max: range.right}),
        y: logAxis('TFLOPS', {min: range.bottom, max: range.top})
      },
      {
        plugins: {
          tooltip: {
            callbacks: {
              title: ([item]) =>
                  item &&
                  problemText(
                      data.problems
                          [item.raw.point ? item.raw.point.problem : data.rows.problem[item.raw.row]]),
              label: ({raw}) => raw.point ? pointLines(raw.point) : rowLines(raw.row)
            }
          }
        }
      });
  const roofs = shownRoofs(),
        datasets = [...pointDatasets(range), ...roofs.map((roof) => roofDataset(roof, range))];
  drawRoofs(roofs);
  if (rooflineState.candidates) datasets.push(candidatesDataset());
  show(rooflineChart, datasets);
}

function startRoofline() {
  const hasL2 = data.sources.some((source) => source.roofs.roofs.some((roof) => roof.level === 'l2'));
  const controls = [tick('every candidate', false, (on) => {
    rooflineState.candidates = on;
    drawRoofline();
  })];
  if (hasL2)
    controls.push(tick('L2', false, (on) => {
      rooflineState.l2 = on;
      drawRoofline();
    }));
  fill(find('#roofline .controls'), ...controls);
  const notes = data.sources.map(
      (source,
       index) => [sourceText(index), source.roofline || source.roofs.source].filter(Boolean).join(': '));
  if (data.sources.length > 1)
    notes.push('Points of one problem in several folders stand side by side, moved by some pixels.');
  if (hasL2)
    notes.push(
        'L2: hollow points stand at the bytes that their tiles ask of the L2. SMs that ask for one line at ' +
        'the same time may share an answer, so these points may lie above its slope.');
  fill(find('#roofline .note'), notes.join(' '));
  if (!data.points.some((point) => point.intensity)) find('#roofline .chart').hidden = true;
  const errors = data.sources.flatMap((source) => source.errors);
  if (errors.length)
    find('#roofline')
        .append(element('div', {class: 'error'}, element('h3', {}, 'Accounting errors'), list(errors)));
}
