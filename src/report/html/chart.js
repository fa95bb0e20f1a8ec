// How charts look. Colours and marks are the program's (src/report/look.h): its other pictures have the same.
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const charts = [];

/// Ours is filled. With several folders the colour tells these apart, and the mark of a library stays.
function look(source, provider) {
  const several = data.sources.length > 1, ours = provider === OURS;
  const {colour} = several ? data.sources[source] : data.providers[provider];
  const {mark} = several && ours ? data.sources[source] : data.providers[provider];
  const {name} = data.providers[provider];
  return {
    borderColor: colour,
    backgroundColor: ours ? colour : 'transparent',
    pointStyle: mark,
    borderDash: several ? DASHES[provider % DASHES.length] : [],
    pointRadius: ours ? 5 : 4,
    pointHoverRadius: 8,
    pointBorderWidth: 1.8,
    borderWidth: 1.8,
    label: several ? `${sourceText(source)}: ${name}` : [name, sourceText(source)].filter(Boolean).join(' '),
  };
}

/// Of several folders the points stand side by side, each some pixels to the left or right of its place on an
/// axis of logarithms: those of one problem would hide each other. What to multiply with.
function sideways(canvas, source, {left, right}) {
  const apart = 9, place = source - (data.sources.length - 1) / 2;
  return (right / left) ** (apart / canvas.clientWidth * place);
}

function ink(name) { return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(); }

function applyInk() {
  Chart.defaults.color = ink('ink');
  Chart.defaults.borderColor = ink('line');
}

/// Labelled at 1, 2 and 5 of each decade.
function logAxis(title, more = {}) {
  const isRound = (value) => /^[125]e/.test(Number(value.toPrecision(6)).toExponential());
  return {
    type: 'logarithmic',
    title: {display: true, text: title},
    grid: {color: () => ink('line')},
    afterBuildTicks: (axis) => {
      axis.ticks = axis.ticks.filter(({value}) => isRound(value));
    },
    ticks: {
      color: () => ink('ink'),
      maxRotation: 0,
      autoSkipPadding: 8,
      major: {enabled: false},
      callback: (value) => String(Number(value.toPrecision(3))),
    },
    ...more,
  };
}

/// Across every chart that shows a figure which was not measured.
const watermark = {
  id: 'watermark',
  afterDraw(chart) {
    if (!anySimulated) return;
    const {ctx, chartArea: {left, right, top, bottom}} = chart;
    ctx.save();
    ctx.translate((left + right) / 2, (top + bottom) / 2);
    ctx.rotate(-0.35);
    ctx.globalAlpha = 0.22;
    ctx.fillStyle = ink('ink');
    ctx.font = `bold ${Math.round((right - left) / 14)}px sans-serif`;
    ctx.textAlign = 'center';
    ctx.fillText(data.sources.every((source) => source.simulated) ? 'SIMULATED' : 'PARTLY SIMULATED', 0, 0);
    ctx.restore();
  },
};

function makeChart(canvas, type, scales, options = {}, plugins = []) {
  const chart = new Chart(canvas, {
    type,
    data: {datasets: []},
    plugins: [watermark, ...plugins],
    options: {
      animation: false,
      maintainAspectRatio: false,
      responsive: true,
      parsing: false,
      normalized: true,
      scales,
      interaction: {mode: 'nearest', intersect: true},
      ...options,
      plugins: {
        legend: {
          position: 'bottom',
          labels: {
            usePointStyle: true,
            boxHeight: 7,
            color: () => ink('ink'),
            filter: (item) => item.text !== undefined
          }
        },
        ...options.plugins,
      },
    },
  });
  charts.push(chart);
  return chart;
}

function show(chart, datasets) {
  chart.data.datasets = datasets;
  chart.update('none');
}

/// Ink and size are read when a chart is drawn: again for another theme, and for paper.
function redrawOnChange() {
  const redraw = () => {
    applyInk();
    for (const chart of charts) {
      chart.resize();
      chart.update('none');
    }
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  matchMedia('print').addEventListener('change', redraw);
  window.addEventListener('beforeprint', redraw);
  window.addEventListener('afterprint', redraw);
}
