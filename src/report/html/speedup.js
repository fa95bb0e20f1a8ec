// Time, and speed-up over each baseline, by M: of the layer that is chosen, else geometric means over all
// layers.
let timesChart, ratiosChart;

/// A line a folder and provider: geometric means of `value` of the items of each M.
function linesByM(items, value, canvas) {
  const lines = new Map();
  for (const item of items) {
    const {source, provider, problem} = item.point, {m} = data.problems[problem];
    const key = `${source}:${provider}`;
    if (!lines.has(key)) lines.set(key, {...look(source, provider), source, byM: new Map()});
    const {byM} = lines.get(key);
    byM.set(m, [...(byM.get(m) ?? []), value(item)]);
  }
  const byFirst = ([a], [b]) => a - b;
  const all = data.problems.map(({m}) => m), range = {left: Math.min(...all), right: Math.max(...all)};
  const mean = (source) => ([m, values]) =>
      ({x: m * sideways(canvas, source, range), m, y: geomean(values), count: values.length});
  return [...lines.values()].map(
      ({byM, source, ...style}) => ({...style, data: [...byM].sort(byFirst).map(mean(source))}));
}

function labelOf(unit, digits) {
  return ({raw, dataset}) => `${dataset.label}: ${number(raw.y, digits)}${unit}` +
      (raw.count > 1 ? ` (mean of ${raw.count})` : '');
}

function axisOfM() {
  const values = [...new Set(data.problems.map((problem) => problem.m))].sort((a, b) => a - b);
  const [least, most] = [values[0], values.at(-1)];
  const room = data.sources.length > 1 ? (most / least) ** 0.02 : 1;  // for points beside their places
  return logAxis('M', {
    ...(room > 1 ? {min: least / room, max: most * room} : {}),
    // Chart.js leaves out labels as if they were equally far apart.
    afterBuildTicks: (axis) => {
      const apart = Math.log(most / least) * 30 / axis.maxWidth;
      let last = 0;
      axis.ticks = values.filter((value) => Math.log(value / last) >= apart && (last = value))
                       .map((value) => ({value}));
    },
    ticks: {color: () => ink('ink'), maxRotation: 0, autoSkip: false, callback: (value) => String(value)}
  });
}

/// So that 1, where nothing is gained, is seen.
const unity = {
  id: 'unity',
  beforeDatasetsDraw({ctx, scales: {y}, chartArea: {left, right}}) {
    ctx.save();
    ctx.strokeStyle = ink('ink');
    ctx.setLineDash([2, 2]);
    ctx.beginPath();
    ctx.moveTo(left, y.getPixelForValue(1));
    ctx.lineTo(right, y.getPixelForValue(1));
    ctx.stroke();
    ctx.restore();
  },
};

function drawSpeedup() {
  const tooltip = (unit, digits) => ({
    plugins:
        {tooltip: {callbacks: {title: ([item]) => item && `M ${item.raw.m}`, label: labelOf(unit, digits)}}}
  });
  timesChart ??= makeChart(find('#times'), 'line', {x: axisOfM(), y: logAxis('µs')}, tooltip(' µs', 2));
  ratiosChart ??= makeChart(
      find('#ratios'), 'line', {
        x: axisOfM(),
        y: {
          title: {display: true, text: 'their time / ours'},
          grid: {color: () => ink('line')},
          ticks: {color: () => ink('ink')},
          suggestedMin: 0.9,
          suggestedMax: 1.1
        }
      },
      tooltip('×', 2), [unity]);
  const points = shownPoints(), ratios = speedups(points);
  show(timesChart, linesByM(points.map((point) => ({point})), ({point}) => point.time_us, find('#times')));
  show(ratiosChart, linesByM(ratios, ({ratio}) => ratio, find('#ratios')));
  const layers = new Set(points.map((point) => layerOf(data.problems[point.problem])));
  fill(
      find('#speedup .note'),
      (layers.size > 1 ?
           `Geometric means over ${layers.size} layers (N × K); choose one above for its own figures. ` :
           `${[...layers][0] ?? 'nothing'}. `) +
          (ratios.length > 0 ? 'Above 1 we are ahead.' : ''));
}
