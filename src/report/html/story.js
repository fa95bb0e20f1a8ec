// What does not change with the filters: where the time went, what went wrong, on which machine.
function bars(times) {
  const total = times.reduce((sum, [, seconds]) => sum + seconds, 0),
        longest = Math.max(...times.map(([, seconds]) => seconds));
  return element('div', {class: 'bars'}, ...times.flatMap(([phase, seconds]) => {
    const bar = element('div', {class: 'bar'});
    bar.style.width = `${100 * seconds / longest}%`;
    return [
      element('span', {}, phase), bar,
      element('span', {}, `${number(seconds, 1)} s, ${number(100 * seconds / total, 0)} %`)
    ];
  }));
}

function part(title, ...children) { return children.length ? [element('h3', {}, title), ...children] : []; }

function folded(title, lines) {
  return lines.length ?
      [element('details', {}, element('summary', {}, `${title} (${lines.length})`), list(lines))] :
      [];
}

function warningItem([code, rows, raced, meaning, advice]) {
  return element(
      'li', {}, element('b', {}, code),
      `: ${rows} ${rows === 1 ? 'row' : 'rows'}, ${raced} of a final race. ${meaning} ${advice}`);
}

function environmentList(source) {
  const entries = Object.entries(source.environment).filter(([, value]) => value !== '' && value !== 0);
  entries.push(['policy', source.policy], ['command', source.command], ['time', source.timestamp]);
  return element(
      'dl', {},
      ...entries.filter(([, value]) => value !== null && value !== '')
          .flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, String(value))]));
}

function storyOf(source) {
  const shown = source.shown < source.rows ?
      [
        element(
            'p', {class: 'note'},
            `This page holds ${source.shown} of ${
                source
                    .rows} rows: finalists first, then the fastest of each two values of two parameters, then the fastest of each problem. The journal has all.`)
      ] :
      [];
  return [
    ...(data.sources.length > 1 || source.simulated ?
            [element('h3', {}, source.label + (source.simulated ? ' (simulated)' : ''))] :
            []),
    ...(source.hint ? [element('p', {}, source.hint)] : []),
    ...shown,
    ...part(
        'Where the time went',
        ...(source.times.length ? [bars(source.times), element('p', {class: 'note'}, source.gpu)] : [])),
    ...part(
        'Warnings',
        ...(source.warnings.length ? [element('ul', {}, ...source.warnings.map(warningItem))] : [])),
    ...part('Failed candidates', ...(source.failures.length ? [list(source.failures)] : [])),
    ...part(
        'Problems that no candidate supports',
        ...(source.unsupported.length ? [list(source.unsupported)] : [])),
    ...folded(
        'Configurations ruled out, by constraint',
        source.pruned.map(([constraint, count]) => `${constraint}: ${count}`)),
    ...folded('Damaged lines of the journal', source.damaged),
    ...part('Environment', environmentList(source)),
  ];
}

function drawViews() {
  const shown = data.sources.flatMap((source, index) => source.views.map((view) => ({view, index})));
  find('#views').hidden = !shown.length;
  fill(
      find('#views .body'),
      ...shown.flatMap(
          ({view, index}) =>
              [element('h3', {}, [sourceText(index), view.title].filter(Boolean).join(': ')),
               element(
                   'div', {class: 'scroll'},
                   plainTable(
                       view.headers.map((header, i) => ({header, text: i === 0 || header === 'layer'})),
                       view.rows)),
               element('p', {class: 'note'}, view.legend)]));
}

function drawStory() { fill(find('#story .body'), ...data.sources.flatMap(storyOf)); }

/// Geometric means of what passes the filters: a card a provider, with a line a folder where there are
/// several.
function drawSummary() {
  const providers = new Map();
  for (const {point, ratio} of speedups(shownPoints())) {
    if (!providers.has(point.provider)) providers.set(point.provider, new Map());
    const folders = providers.get(point.provider);
    folders.set(point.source, [...(folders.get(point.source) ?? []), ratio]);
  }
  const rangeText = (ratios) => `geometric mean of ${ratios.length}, ${number(Math.min(...ratios), 2)} to ${
      number(Math.max(...ratios), 2)}`;
  const meanText = (ratios) => `${number(geomean(ratios), 2)}×`;
  const figures = (folders) => {
    if (data.sources.length === 1) {
      const [ratios] = folders.values();
      return [element('b', {}, meanText(ratios)), element('div', {class: 'faint'}, rangeText(ratios))];
    }
    return [element(
        'table', {},
        ...[...folders].map(
            ([source, ratios]) => element(
                'tr', {title: rangeText(ratios)}, element('td', {class: 'text'}, sourceText(source)),
                element('td', {}, element('b', {}, meanText(ratios))))))];
  };
  const cards =
      [...providers]
          .sort(([a], [b]) => a - b)
          .map(
              ([provider, folders]) => element(
                  'div', {class: 'card'}, ...figures(folders), `over ${data.providers[provider].name}`));
  fill(find('#summary .body'), element('div', {class: 'cards'}, ...cards));
  find('#summary').hidden = !cards.length;
}
