// Two parameters against each other: of every pair of values the fastest candidate, over the fastest of all.
const heatmapState = {
  key: '',
  x: '',
  y: ''
};

/// source:problem of what was tried, with the indices of its rows.
function triedProblems() {
  const rows = data.rows, tried = new Map();
  for (const row of shownRows()) {
    if (rows.provider[row] !== OURS || rows.config[row] === null || !rows.time_us[row]) continue;
    const key = `${rows.source[row]}:${rows.problem[row]}`;
    if (!tried.has(key)) tried.set(key, []);
    tried.get(key).push(row);
  }
  return tried;
}

function mostTried(tried) {
  return [...tried].reduce(
      ([key, most], [other, rows]) => rows.length > most ? [other, rows.length] : [key, most], ['', 0])[0];
}

function varyingParameters(rows) {
  return Object.entries(data.parameters)
      .map(([name, values]) => [name, new Set(rows.map((row) => values[data.rows.config[row]])).size])
      .filter(([, count]) => count > 1)
      .map(([name]) => name);
}

/// A figure of another stage than the rest is no rival: screened candidates alone where there are any.
function fastestByPair(rows, x, y) {
  const cells = new Map(), times = data.rows.time_us, configs = data.rows.config;
  const screened = rows.filter((row) => data.rows.stage[row] === SCREENED);
  for (const row of screened.length ? screened : rows) {
    const key = `${data.parameters[x][configs[row]]}:${data.parameters[y][configs[row]]}`;
    if (!cells.has(key) || times[row] < times[cells.get(key)]) cells.set(key, row);
  }
  return cells;
}

/// White to dark blue by how near a cell is to the best; its figure says the same.
function shade(ratio) {
  const near = Math.max(0, Math.min(1, (1.6 - ratio) / 0.6));
  const mix = (from, to) => Math.round(from + (to - from) * near);
  return {
    background: `rgb(${mix(240, 0)}, ${mix(244, 84)}, ${mix(248, 150)})`,
    color: near > 0.55 ? '#ffffff' : '#1b1f24'
  };
}

function heatmapTable(rows) {
  const {x, y} = heatmapState, cells = fastestByPair(rows, x, y);
  const values = (name) => [...new Set(rows.map((row) => data.parameters[name][data.rows.config[row]]))]
                               .filter((value) => value !== null)
                               .sort((a, b) => a - b);
  const best = Math.min(...[...cells.values()].map((row) => data.rows.time_us[row]));
  const cell = (xValue, yValue) => {
    const row = cells.get(`${xValue}:${yValue}`);
    if (row === undefined) return element('td', {});
    const time = data.rows.time_us[row],
          made = element(
              'td', {
                class: time === best ? 'best' : '',
                title: `${number(time)} µs  ${configText(data.rows.config[row])}`
              },
              number(time / best, 2));
    Object.assign(made.style, shade(time / best));
    return made;
  };
  return element(
      'table', {},
      element(
          'thead', {},
          element(
              'tr', {}, element('th', {}, `${y} \\ ${x}`),
              ...values(x).map((value) => element('th', {}, String(value))))),
      element(
          'tbody', {},
          ...values(y).map(
              (yValue) => element(
                  'tr', {}, element('th', {}, String(yValue)),
                  ...values(x).map((xValue) => cell(xValue, yValue))))));
}

function drawHeatmap() {
  const tried = triedProblems(), keys = [...tried.keys()];
  if (!keys.includes(heatmapState.key)) heatmapState.key = mostTried(tried);
  const rows = tried.get(heatmapState.key) ?? [], names = varyingParameters(rows);
  const note = find('#heatmap .note'), body = find('#heatmap .body'), controls = find('#heatmap .controls');
  if (names.length < 2) {
    fill(controls);
    fill(body);
    fill(
        note,
        keys.length ? 'Fewer than two parameters were varied here.' :
                      'No candidates of this choice are in this page.');
    return;
  }
  if (!names.includes(heatmapState.x)) heatmapState.x = names.includes('block_n') ? 'block_n' : names[0];
  if (!names.includes(heatmapState.y) || heatmapState.y === heatmapState.x)
    heatmapState.y = names.includes('block_m') && heatmapState.x !== 'block_m' ?
        'block_m' :
        names.find((name) => name !== heatmapState.x);
  const set = (name) => (value) => {
    heatmapState[name] = value;
    drawHeatmap();
  };
  const text = (key) => {
    const [source, problem] = key.split(':').map(Number);
    return [sourceText(source), problemText(data.problems[problem])].filter(Boolean).join(': ');
  };
  const pairs = names.map((name) => [name, name]);
  fill(
      controls, choice('problem', keys.map((key) => [key, text(key)]), heatmapState.key, set('key')),
      choice('across', pairs, heatmapState.x, set('x')), choice('down', pairs, heatmapState.y, set('y')));
  fill(body, heatmapTable(rows));
  const meaning = 'time of the fastest candidate with these two values, over the fastest of all (framed), ' +
      'as screened. Hover for the configuration. Blank: none with these two was right and timed.';
  fill(note, `${text(heatmapState.key)}: ${meaning}`);
}
