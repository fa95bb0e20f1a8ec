// How charts look: colours of Okabe and Ito, which people without colour vision tell apart, and a marker of
// its own for each provider, for those who see none and for paper.
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#999999'];
const MARKERS = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'crossRot', 'cross'];
const OVERLAID = ['cross', 'crossRot', 'star', 'dash', 'line'];  // rivals beside several of ours
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const charts = [];

/// Ours has the first colour and marker. With several folders colours and our markers tell those apart.
function look(source, provider) {
  const several = data.sources.length > 1, ours = provider === OURS;
  const rank = ours ? 0 : 1 + data.providers.slice(0, provider).filter((p) => p.id !== 'gemmtune').length;
  const colour = COLOURS[(several ? source : rank) % COLOURS.length];
  const marker = several && ours ? MARKERS[source % MARKERS.length] :
      several                    ? OVERLAID[(rank - 1) % OVERLAID.length] :
                                   MARKERS[rank % MARKERS.length];
  return {
    borderColor: colour,
    backgroundColor: ours ? colour : 'transparent',
    pointStyle: marker,
    borderDash: several ? DASHES[rank % DASHES.length] : [],
    pointRadius: ours ? 5 : 4,
    pointHoverRadius: 8,
    pointBorderWidth: 1.8,
    borderWidth: 1.8,
    label: [sourceText(source), data.providers[provider].name].filter(Boolean).join(': '),
  };
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
