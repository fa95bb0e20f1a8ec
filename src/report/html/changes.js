// Of several folders: what changed from the first to each of the others, problem by problem.

/// Of each problem of both its winners in the first folder and in another: [{problem, base, next, ratio}],
/// what became slower first. Folders may name one problem differently.
function changesTo(source) {
  const winners = (index) => new Map(shownPoints()
                                         .filter((point) => point.source === index && point.provider === OURS)
                                         .map((point) => [data.problems[point.problem].argument, point]));
  const bases = winners(0);
  return [...winners(source)]
      .filter(([argument]) => bases.has(argument))
      .map(([argument, next]) => {
        const base = bases.get(argument);
        return {problem: data.problems[next.problem], base, next, ratio: next.time_us / base.time_us};
      })
      .sort((a, b) => b.ratio - a.ratio);
}

function percentText(ratio) {
  const text = number(Math.abs(100 * (ratio - 1)), 2);
  return Number(text) === 0 ? `${text} %` : `${ratio < 1 ? '−' : '+'}${text} %`;
}

/// Whether the intervals leave no doubt of the direction, as far as one run a folder can tell.
const isClear = ({base, next}) =>
    next.time_us_low > base.time_us_high || next.time_us_high < base.time_us_low;

/// From the middle to the right for slower, to the left for faster.
function changeBar({ratio}, largest) {
  const made = element('div', {class: 'change'}), share = 50 * Math.abs(ratio - 1) / largest;
  const bar = element('div', {class: ratio > 1 ? 'slower' : 'faster'});
  Object.assign(bar.style, {width: `${share}%`, marginLeft: `${ratio > 1 ? 50 : 50 - share}%`});
  made.append(bar);
  return made;
}

function changesTable(source, changes) {
  const largest = Math.max(...changes.map(({ratio}) => Math.abs(ratio - 1)), 1e-9);
  const label = (index) => data.sources[index].label;
  const headers = [
    'layer', 'M', 'change', '', `${label(0)} µs`, `${label(source)} µs`, 'difference µs', 'ratio',
    'intervals', 'configuration', 'N', 'K'
  ];
  const row = (change) => {
    const {problem, base, next, ratio} = change;
    return [
      problem.name || `${problem.n} × ${problem.k}`, problem.m, percentText(ratio),
      changeBar(change, largest), number(base.time_us, 2), number(next.time_us, 2),
      number(Math.round(100 * (next.time_us - base.time_us)) / 100 || 0, 2), number(ratio, 3),
      isClear(change) ? 'apart' : 'overlap', base.short === next.short ? 'same' : next.short, problem.n,
      problem.k
    ];
  };
  const texts = new Set(['layer', '', 'intervals', 'configuration']);
  return element(
      'div', {class: 'scroll'},
      plainTable(headers.map((header) => ({header, text: texts.has(header)})), changes.map(row)));
}

/// What makes two folders unlike, so that a change is not the kernels' alone.
function unlikeText(source) {
  const [base, next] = [data.sources[0], data.sources[source]];
  const named = [
    ['the device', 'device'], ['the board', 'uuid'], ['the driver', 'driver'], ['the compiler', 'nvrtc'],
    ['the kernels', 'kernels']
  ].filter(([, key]) => base.environment[key] !== next.environment[key]);
  const unlike = named.map(([words]) => words);
  if (base.policy !== next.policy) unlike.push('the policy of measuring');
  return unlike.length ? `Not the same in both: ${unlike.join(', ')}. ` : '';
}

function changesOf(source) {
  const changes = changesTo(source);
  if (!changes.length) return [];
  const ratios = changes.map(({ratio}) => ratio), clear = changes.filter(isClear);
  const count = (slower) => clear.filter(({ratio}) => ratio > 1 === slower).length;
  return [
    element('h3', {}, `${sourceText(0)} → ${sourceText(source)}`),
    element(
        'p', {},
        `Time changed by ${percentText(geomean(ratios))} (geometric mean of ${changes.length} problems, ${
            percentText(Math.min(
                ...ratios))} to ${percentText(Math.max(...ratios))}); where the intervals are apart, ${
            count(true)} became slower and ${count(false)} faster. ${unlikeText(source)}`),
    changesTable(source, changes)
  ];
}

function drawChanges() {
  const others = filters.source ? [] : data.sources.map((source, index) => index).slice(1);
  const parts = others.flatMap(changesOf);
  find('#changes').hidden = !parts.length;
  fill(find('#changes .body'), ...parts);
  fill(
      find('#changes .note'),
      'Times of the winners, what became slower first. One run a folder tells little of a ' +
          'small change: `gemmtune compare` says which are more than the scatter from process to process.');
}
