// Puts the page together; filters redraw what depends on them.
function drawFiltered() {
  drawSummary();
  drawRoofline();
  drawSpeedup();
  drawHeatmap();
  drawTable();
}

function startFilters() {
  const distinct = (get) => [...new Set(data.problems.map(get))];
  const numbers = distinct((problem) => problem.m).sort((a, b) => a - b).map(String);
  const all = (values) => [['', 'all'], ...values.map((value) => [value, value])];
  const set = (name) => (value) => {
    filters[name] = value;
    drawFiltered();
  };
  const choices = [
    choice('kernel', all(distinct((problem) => problem.kernel)), '', set('kernel')),
    choice('M', all(numbers), '', set('m')), choice('N × K', all(distinct(layerOf)), '', set('layer'))
  ];
  if (data.sources.length > 1)
    choices.unshift(choice(
        'folder', [['', 'all'], ...data.sources.map((source, index) => [String(index), source.label])], '',
        set('source')));
  fill(find('#filters'), ...choices);
}

function startHeader() {
  fill(find('#title'), data.sources.map((source) => source.label).join(', ') + ': FP8 GEMM tuning results');
  fill(find('#provenance'), ...data.sources.map((source, index) => element('p', {class: 'faint'}, [
                                                  sourceText(index), source.provenance
                                                ].filter(Boolean).join(': '))));
  const simulated = find('#simulated');
  simulated.hidden = !anySimulated;
  const figures = data.sources.every((source) => source.simulated) ? 'every figure here comes' :
                                                                     'figures marked (simulated) come';
  fill(simulated, `SIMULATED: ${figures} from a model of the device, and none of them was measured.`);
}

applyInk();
startHeader();
startFilters();
startRoofline();
startTable();
drawFiltered();
drawViews();
drawStory();
redrawOnChange();
