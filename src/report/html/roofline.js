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
      roofs.set(text, {...roof, text, short: roof.label + mark, hbm, top});
    }
  }
  return [...roofs.values()].filter((roof) => roof.level !== 'l2' || rooflineState.l2);
}

/// Axes stay as they are whatever is filtered, so that pictures can be compared.
function rooflineRange() {
  const placed = data.points.filter((point) => point.intensity);
  const x = placed.flatMap((point) => [point.intensity, point.l2_intensity ?? point.intensity]);
  const y = placed.map((point) => point.tflops);
  const tops = data.sources.flatMap(
      (source) => source.roofs.roofs.filter((roof) => roof.unit === 'TFLOPS').map((roof) => roof.value));
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity),
        most = (values) => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    left: least(x) / 1.5,
    right: most(x) * 1.6,
    bottom: least(y) / 1.8,
    top: most([...y, ...tops]) * 1.6
  };
}

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
    borderDash: roof.level === 'l2' || roof.level === 'bf16' ? [6, 4] : [],
    order: 10,
  };
}

/// Along each roof its name and value.
const roofLabels = {
  id: 'roofLabels',
  afterDatasetsDraw(chart) {
    const {ctx} = chart, roofs = chart.data.datasets.filter((dataset) => dataset.roof);
    ctx.save();
    ctx.font = '12px sans-serif';
    ctx.fillStyle = ink('faint');
    ctx.strokeStyle = ink('paper');
    ctx.lineWidth = 4;
    for (const dataset of roofs.filter(({roof}) => roof.unit === 'GB/s')) labelSlope(chart, dataset);
    // From the highest down, each at least a line below the one before.
    let least = -Infinity;
    for (const dataset of roofs.filter(({roof}) => roof.unit === 'TFLOPS')
             .sort((a, b) => b.roof.value - a.roof.value))
      least = labelRate(chart, dataset, least) + 14;
    ctx.restore();
  },
};

/// Legible over lines and points.
function write(ctx, text, x, y) {
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
}

function labelSlope({ctx, scales: {x, y}}, {roof, data: [start, end]}) {
  const top = Math.min(end.y, y.max);
  const first = {x: Math.max(start.x, y.min * start.x / start.y), y: Math.max(start.y, y.min)};
  const from = [x.getPixelForValue(first.x), y.getPixelForValue(first.y)];
  const to = [x.getPixelForValue(end.x * top / end.y), y.getPixelForValue(top)];
  ctx.save();
  ctx.translate(from[0] + 0.45 * (to[0] - from[0]), from[1] + 0.45 * (to[1] - from[1]));
  ctx.rotate(Math.atan2(to[1] - from[1], to[0] - from[0]));
  ctx.textAlign = 'center';
  write(ctx, roof.text, 0, -6);
  ctx.restore();
}

/// Left of where the roof begins: nothing can lie there. Returns the height that the label took.
function labelRate({ctx, scales: {x, y}, chartArea}, {roof, data: [start]}, least) {
  const height = Math.max(y.getPixelForValue(roof.value) + 4, least);
  const slopeAt = roof.hbm ? y.getValueForPixel(height) * 1000 / roof.hbm.value : start.x;
  const right = x.getPixelForValue(slopeAt) - 10;
  const text = right - chartArea.left > ctx.measureText(roof.text).width ? roof.text : roof.short;
  ctx.textAlign = 'right';
  write(ctx, text, right, height);
  return height;
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

function pointDatasets() {
  const groups = new Map();
  for (const point of shownPoints()) {
    if (!point.intensity) continue;
    const key = `${point.source}:${point.provider}`;
    if (!groups.has(key))
      groups.set(
          key, {...look(point.source, point.provider), data: [], order: point.provider === OURS ? 1 : 2});
    groups.get(key).data.push({x: point.intensity, y: point.tflops, point});
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
      groups.get(level).data.push({x: point.l2_intensity, y: point.tflops, point});
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
  const lines = [look(point.source, point.provider).label];
  if (point.config !== null) lines.push(point.short || configText(point.config));
  lines.push(`${number(point.time_us, 2)} µs ±${number(spread, 1)} %, ${number(point.tflops)} TFLOPS, ${
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
  if (!Number.isFinite(range.left)) return;
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
      },
      [roofLabels]);
  const datasets = [...pointDatasets(), ...shownRoofs().map((roof) => roofDataset(roof, range))];
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
