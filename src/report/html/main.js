// Puts the page together; filters redraw what depends on them.
function drawFiltered() {
  drawSummary();
  drawChanges();
  drawRoofline();
  drawSpeedup();
  drawHeatmap();
  drawTable();
  drawNavigation();
}

function startFilters() {
  const distinct = (get) => [...new Set(data.problems.map(get))];
  const numbers = distinct((problem) => problem.m).sort((a, b) => a - b).map(String);
  const all = (values) => [['', 'all'], ...values.map((value) => [value, value])];
  const filter = (label, name, options) => {
    if (!options.some(([value]) => value === filters[name])) filters[name] = '';  // of another page's address
    return choice(label, options, filters[name], (value) => {
      filters[name] = value;
      drawFiltered();
    });
  };
  const folder = filter(
      'folder', 'source',
      [['', 'all'], ...data.sources.map((source, index) => [String(index), source.label])]);
  folder.hidden = data.sources.length < 2;
  fill(
      find('#filters'), folder, filter('kernel', 'kernel', all(distinct((problem) => problem.kernel))),
      filter('M', 'm', all(numbers)), filter('N × K', 'layer', all(distinct(layerOf))));
}

/// A link to each section that there is. The address behind '#' is the filters'.
function drawNavigation() {
  const sections = [...document.querySelectorAll('main > section')].filter((section) => !section.hidden);
  const link = (section) => {
    const made = element('a', {href: `#${section.id}`}, section.querySelector('h2').textContent);
    made.addEventListener('click', (event) => {
      event.preventDefault();
      section.scrollIntoView();
    });
    return made;
  };
  fill(find('nav'), ...sections.map(link));
}

function startHeader() {
  fill(find('#title'), data.sources.map((source) => source.label).join(', ') + ': GEMM tuning results');
  fill(find('#provenance'), ...data.sources.map((source, index) => element('p', {class: 'faint'}, [
                                                  sourceText(index), source.provenance
                                                ].filter(Boolean).join(': '))));
  document.body.classList.toggle('several', data.sources.length > 1);
  const simulated = find('#simulated');
  simulated.hidden = !anySimulated;
  const figures = data.sources.every((source) => source.simulated) ? 'every figure here comes' :
                                                                     'figures marked (simulated) come';
  fill(simulated, `SIMULATED: ${figures} from a model of the device, and none of them was measured.`);
}

/// What the address says, at the start and when the reader edits it.
function startChoices() {
  readAddress();
  startFilters();
  startTable();
}

applyInk();
startHeader();
startChoices();
startRoofline();
drawViews();
drawStory();
drawFiltered();
redrawOnChange();
addEventListener('resize', placeSecondColumn);
addEventListener('hashchange', () => {
  startChoices();
  drawFiltered();
});
