// One table of winners, of the race, or of every candidate; a click on a header sorts.
const PAGE_ROWS = 100;
const tableState = {
  what: 'winners',
  sort: null,
  descending: false,
  limit: PAGE_ROWS
};

/// The columns: {header, text, digits, get}; `get` takes what tableItems() made.
function tableColumns() {
  const columns = [
    {header: 'layer', text: true, get: (item) => item.problem.name},
    {header: 'kernel', text: true, get: (item) => item.problem.kernel},
    {header: 'M', digits: 0, get: (item) => item.problem.m},
    {header: 'N', digits: 0, get: (item) => item.problem.n},
    {header: 'K', digits: 0, get: (item) => item.problem.k},
    {header: 'by', text: true, get: (item) => data.providers[item.provider].name},
    {header: 'configuration', text: true, wide: tableState.what === 'rows', get: (item) => item.config},
    {header: 'µs', digits: 2, get: (item) => item.time},
    {header: '±%', digits: 1, get: (item) => item.spread},
    {header: 'TFLOPS', digits: 0, get: (item) => item.tflops},
    {header: 'GB/s', digits: 0, get: (item) => item.gbps},
    {header: 'roof %', digits: 0, get: (item) => item.percent},
    {header: 'MHz', digits: 0, get: (item) => item.clock},
  ];
  if (data.sources.length > 1 || anySimulated)
    columns.unshift({header: 'folder', text: true, get: (item) => sourceText(item.source)});
  if (tableState.what === 'winners')
    data.providers.forEach((provider, index) => {
      if (index !== OURS && data.points.some((point) => point.provider === index))
        columns.push({header: `vs ${provider.short}`, digits: 2, get: (item) => item.ratios.get(index)});
    });
  if (tableState.what === 'rows') columns.push({header: 'status', text: true, get: (item) => item.status});
  return columns;
}

function itemOfPoint(point, ratios) {
  return {
    source: point.source,
    problem: data.problems[point.problem],
    provider: point.provider,
    config: point.short || configText(point.config ?? null),
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
        time = rows.time_us[row];
  return {
    source: rows.source[row],
    problem: data.problems[rows.problem[row]],
    provider: rows.provider[row],
    config: configText(rows.config[row]),
    time,
    spread: rows.spread[row],
    tflops: of && time ? of.flops / time * 1e-6 : null,
    gbps: of && time ? of.bytes / time * 1e-3 : null,
    percent: null,
    clock: rows.clock[row],
    status: rows.status[row] ||
        (rows.stage[row] === SCREENED  ? 'screened' :
             rows.stage[row] === RACED ? 'raced' :
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

/// What was not measured comes last, either way.
function sorted(items, column) {
  if (!column) return items;
  const sign = tableState.descending ? -1 : 1,
        missing = (value) => value === null || value === undefined || value === '';
  return items.map((item) => [column.get(item), item])
      .sort(([a], [b]) => {
        if (missing(a) || missing(b)) return missing(a) - missing(b);
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
        class: column.text ? 'text' : '',
        scope: 'col',
        'aria-sort': here ? (tableState.descending ? 'descending' : 'ascending') : 'none'
      },
      button);
}

function drawTable() {
  const all = tableItems(), varies = (column) => new Set(all.map(column.get)).size > 1;
  const columns = tableColumns().filter(
      (column) => column.header !== 'kernel' && column.header !== 'by' || varies(column));
  const items = sorted(all, columns.find((column) => column.header === tableState.sort)),
        shown = items.slice(0, tableState.limit);
  const cells = (item) => columns.map(
      (column) => element(
          'td', {class: [column.text && 'text', column.wide && 'wide'].filter(Boolean).join(' ')},
          column.text ? column.get(item) || '' : number(column.get(item), column.digits) || '-'));
  fill(
      find('#table .body'),
      element(
          'table', {}, element('thead', {}, element('tr', {}, ...columns.map(headerCell))),
          element('tbody', {}, ...shown.map((item) => element('tr', {}, ...cells(item))))));
  const more = find('#table .more'), left = items.length - shown.length;
  fill(more, `${shown.length} of ${items.length} rows`);
  fill(find('#table .note'), data.sources[0].legend);
  if (left <= 0) return;
  const button = element('button', {type: 'button'}, `show ${Math.min(left, 10 * PAGE_ROWS)} more`);
  button.addEventListener('click', () => {
    tableState.limit += 10 * PAGE_ROWS;
    drawTable();
  });
  more.append(button);
}

function startTable() {
  const set = (value) => {
    Object.assign(tableState, {what: value, limit: PAGE_ROWS});
    drawTable();
  };
  fill(
      find('#table .controls'),
      choice(
          'show',
          [
            ['winners', 'winners'], ['race', 'winners and the fastest of each library'],
            ['rows', 'every candidate']
          ],
          tableState.what, set));
}
