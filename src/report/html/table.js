// One table of winners, of the race, or of every candidate; a click on a header sorts.
const PAGE_ROWS = 100;
const SHOWN = [
  ['winners', 'winners'], ['race', 'winners and the fastest of each library'], ['rows', 'every candidate']
];
const tableState = {
  what: 'winners',
  search: '',
  sort: '',
  descending: false
};
let tableLimit = PAGE_ROWS;

/// The columns: {header, text, digits, get}; `get` takes what tableItems() made, `exact` what a file gets
/// instead. What tells rows apart and their times come first, so that a narrow window shows both.
function tableColumns() {
  const columns = [
    {header: 'layer', text: true, get: ({problem}) => problem.name || `${problem.n} × ${problem.k}`},
    {header: 'M', digits: 0, get: (item) => item.problem.m},
    {header: 'µs', digits: 2, get: (item) => item.time},
    {header: '±%', digits: 1, get: (item) => item.spread},
    {header: 'by', text: true, get: (item) => data.providers[item.provider].name},
    {header: 'TFLOPS', digits: 0, get: (item) => item.tflops},
    {header: 'GB/s', digits: 0, get: (item) => item.gbps},
    {header: 'roof %', digits: 0, get: (item) => item.percent},
    {header: 'MHz', digits: 0, get: (item) => item.clock},
    {header: 'configuration', text: true, get: (item) => item.config, exact: (item) => item.argument},
    {header: 'kernel', text: true, get: (item) => item.problem.kernel},
    {header: 'N', digits: 0, get: (item) => item.problem.n},
    {header: 'K', digits: 0, get: (item) => item.problem.k},
  ];
  const after = (header, ...more) =>
      columns.splice(columns.findIndex((column) => column.header === header) + 1, 0, ...more);
  if (tableState.what === 'winners')
    data.providers.forEach((provider, index) => {
      if (index !== OURS && data.points.some((point) => point.provider === index))
        after(
            columns.findLast(({header}) => header === '±%' || header.startsWith('vs ')).header,
            {header: `vs ${provider.short}`, digits: 2, get: (item) => item.ratios.get(index)});
    });
  if (tableState.what === 'rows') after('±%', {header: 'status', text: true, get: (item) => item.status});
  if (data.sources.length > 1 || anySimulated)
    after('M', {header: 'folder', text: true, get: (item) => sourceText(item.source)});
  return columns;
}

function itemOfPoint(point, ratios) {
  const argument = configText(point.config ?? null);
  return {
    source: point.source,
    problem: data.problems[point.problem],
    provider: point.provider,
    argument,
    config: point.short || argument,
    time: point.time_us,
    spread: point.time_us_high === undefined ? null :
                                               50 * (point.time_us_high - point.time_us_low) / point.time_us,
    tflops: point.tflops,
    gbps: point.gbps,
    percent: point.tflops ? 100 * point.tflops / point.attainable_tflops : null,
    clock: point.sm_clock_mhz,
    ratios,
  };
}

function itemOfRow(row) {
  const rows = data.rows, of = work.get(`${rows.problem[row]}:${rows.provider[row]}`),
        time = rows.time_us[row], argument = configText(rows.config[row]);
  return {
    source: rows.source[row],
    problem: data.problems[rows.problem[row]],
    provider: rows.provider[row],
    argument,
    config: argument,
    time,
    spread: rows.spread[row],
    tflops: of && time ? of.flops / time * 1e-6 : null,
    gbps: of && time ? of.bytes / time * 1e-3 : null,
    percent: null,
    clock: rows.clock[row],
    status: rows.status[row] ||
        (rows.stage[row] === SCREENED      ? 'screened' :
             rows.stage[row] === RACED     ? 'raced' :
             rows.stage[row] === SUSTAINED ? 'raced back to back' :
                                             'timed'),
  };
}

function tableItems() {
  if (tableState.what === 'rows') return shownRows().map(itemOfRow);
  const points = shownPoints();
  if (tableState.what === 'race') return points.map((point) => itemOfPoint(point));
  const ratios = new Map();
  for (const {point, ours, ratio} of speedups(points)) {
    if (!ratios.has(ours)) ratios.set(ours, new Map());
    ratios.get(ours).set(point.provider, ratio);
  }
  return points.filter((point) => point.provider === OURS)
      .map((point) => itemOfPoint(point, ratios.get(point) ?? new Map()));
}

/// Those in which every word that is searched for is found; of a parameter or size all of it, as m=64.
function found(items) {
  const words = tableState.search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return items;
  return items.filter(({problem, provider, argument, config, status, source}) => {
    const text = [
      problem.name, problem.argument, data.providers[provider].name, argument, config, status,
      sourceText(source)
    ].join(' ').toLowerCase();
    const pairs = text.split(/[\s,:]/);
    return words.every((word) => word.includes('=') ? pairs.includes(word) : text.includes(word));
  });
}

const isMissing = (value) => value === null || value === undefined || value === '';

/// What was not measured comes last, either way.
function sorted(items, column) {
  if (!column) return items;
  const sign = tableState.descending ? -1 : 1;
  return items.map((item) => [column.get(item), item])
      .sort(([a], [b]) => {
        if (isMissing(a) || isMissing(b)) return isMissing(a) - isMissing(b);
        return sign * (column.text ? String(a).localeCompare(String(b)) : a - b);
      })
      .map(([, item]) => item);
}

function headerCell(column) {
  const here = tableState.sort === column.header, button = element('button', {type: 'button'}, column.header);
  button.addEventListener('click', () => {
    tableState.descending = here ? !tableState.descending : false;
    tableState.sort = column.header;
    drawTable();
  });
  return element(
      'th', {
        class: [column.text && 'text', column.header.length > 12 && 'long'].filter(Boolean).join(' '),
        scope: 'col',
        'aria-sort': here ? (tableState.descending ? 'descending' : 'ascending') : 'none'
      },
      button);
}

function tableCell(column, item) {
  const value = column.get(item);
  if (!column.text) return element('td', {}, number(value, column.digits) || '-');
  return element('td', {class: 'text', title: value || ''}, value || '');
}

/// What the table shows now: its columns, without those that say nothing, and all rows in their order.
function tableNow() {
  const all = tableItems(), varies = (get) => new Set(all.map(get)).size > 1;
  const columns = tableColumns().filter(
      ({header, get}) =>
          header === 'kernel' || header === 'by' ? varies(get) : all.some((item) => !isMissing(get(item))));
  return {columns, items: sorted(found(all), columns.find((column) => column.header === tableState.sort))};
}

/// M stays beside the first column, which is as wide as its texts.
function placeSecondColumn() {
  const first = find('#table th');
  find('#table').style.setProperty('--first-column', `${first ? first.getBoundingClientRect().width : 0}px`);
}

function drawTable() {
  const {columns, items} = tableNow(), shown = items.slice(0, tableLimit);
  fill(
      find('#table .body'),
      element(
          'table', {},
          element(
              'thead', {},
              element(
                  'tr', {}, ...columns.map(headerCell),
                  element('th', {class: 'text copies', scope: 'col'}, 'copy'))),
          element(
              'tbody', {},
              ...shown.map(
                  (item) => element(
                      'tr', {}, ...columns.map((column) => tableCell(column, item)),
                      element('td', {class: 'text copies'}, ...commandButtons(item)))))));
  placeSecondColumn();
  const more = find('#table .more'), left = items.length - shown.length;
  fill(more, `${shown.length} of ${items.length} rows`);
  writeAddress();
  if (left <= 0) return;
  const button = element('button', {type: 'button'}, `show ${Math.min(left, 10 * PAGE_ROWS)} more`);
  button.addEventListener('click', () => {
    tableLimit += 10 * PAGE_ROWS;
    drawTable();
  });
  more.append(button);
}

function startTable() {
  if (!SHOWN.some(([what]) => what === tableState.what)) tableState.what = SHOWN[0][0];
  const set = (name) => (value) => {
    tableState[name] = value;
    tableLimit = PAGE_ROWS;
    drawTable();
  };
  const search = element('input', {
    type: 'search',
    autocomplete: 'off',
    value: tableState.search,
    placeholder: 'layer, parameter=value, library …'
  });
  search.addEventListener('input', () => set('search')(search.value));
  const save = element('button', {type: 'button'}, 'download CSV');
  save.addEventListener('click', () => {
    const {columns, items} = tableNow();
    download(
        `${data.sources.map(({label}) => label).join('-')}-${tableState.what}.csv`, csvText(columns, items));
  });
  fill(
      find('#table .controls'), choice('show', SHOWN, tableState.what, set('what')),
      element('label', {}, 'search', search), save);
  fill(find('#table .note'), data.sources[0].legend);
}
