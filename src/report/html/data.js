// What the file holds, what the reader chose of it, and the arithmetic that every section shares.
const data = JSON.parse(document.getElementById('data').textContent);
data.points.sort((a, b) => a.provider - b.provider);  // as providers are listed
const OURS = data.providers.findIndex((provider) => provider.id === 'gemmtune');
const SCREENED = 0, RACED = 2, SUSTAINED = 3;  // of rows.stage
const anySimulated = data.sources.some((source) => source.simulated);

/// What the reader chose; an empty text is "all". Every section shows only what passes.
const filters = {
  source: '',
  kernel: '',
  m: '',
  layer: ''
};

function layerOf(problem) {
  const size = `${problem.n} × ${problem.k}`;
  return problem.name ? `${size}  ${problem.name}` : size;
}

/// More than M, N and K only where it is not the usual.
function problemText(problem) {
  const parts = [problem.name, `M ${problem.m}, N ${problem.n}, K ${problem.k}`];
  if (problem.out !== 'bf16') parts.push(problem.out);
  if (problem.accumulate) parts.push('accumulate');
  if (problem.recipe !== 'fp32') parts.push(problem.recipe);
  if (problem.data !== 'normal') parts.push(problem.data);
  const {a_pitch: a, b_pitch: b, d_pitch: d} = problem;
  if (a && a !== problem.k) parts.push(`A rows ${a} apart`);
  if (b && b !== problem.k) parts.push(`B rows ${b} apart`);
  if (d && d !== problem.n) parts.push(`D rows ${d} apart`);
  return parts.filter(Boolean).join('  ');
}

function problemPasses(problem) {
  return (!filters.kernel || problem.kernel === filters.kernel) &&
      (!filters.m || String(problem.m) === filters.m) &&
      (!filters.layer || layerOf(problem) === filters.layer);
}

function sourcePasses(source) { return !filters.source || String(source) === filters.source; }

/// Winners and the rivals of their races.
function shownPoints() {
  return data.points.filter(
      (point) => sourcePasses(point.source) && problemPasses(data.problems[point.problem]));
}

/// source:problem -> point of the winner.
function winnersByProblem(points) {
  return new Map(points.filter((point) => point.provider === OURS)
                     .map((point) => [`${point.source}:${point.problem}`, point]));
}

/// [{point, ours, ratio}]: their time over ours, above 1 is ahead.
function speedups(points) {
  const winners = winnersByProblem(points);
  return points.filter((point) => point.provider !== OURS && winners.has(`${point.source}:${point.problem}`))
      .map((point) => {
        const ours = winners.get(`${point.source}:${point.problem}`);
        return {point, ours, ratio: point.time_us / ours.time_us};
      });
}

function geomean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/// Flops and compulsory bytes of a problem for a provider: BF16 moves more of them.
const work =
    new Map(data.work.map(([problem, provider, flops, bytes]) => [`${problem}:${provider}`, {flops, bytes}]));

/// Indices of the rows that pass.
function shownRows() {
  const passes = data.problems.map(problemPasses), rows = data.rows, shown = [];
  for (let i = 0; i < rows.problem.length; ++i)
    if (passes[rows.problem[i]] && sourcePasses(rows.source[i])) shown.push(i);
  return shown;
}

/// As --config takes it.
function configText(config) {
  if (config === null) return '';
  return Object.entries(data.parameters)
      .filter(([, values]) => values[config] !== null)
      .map(([name, values]) => `${name}=${values[config]}`)
      .join(',');
}
