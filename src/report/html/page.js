// Elements of the page. Texts from files become text nodes and nothing else.
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'class')
      made.className = value;
    else if (name in made)
      made[name] = value;
    else
      made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function find(selector) { return document.querySelector(selector); }

function fill(parent, ...children) { parent.replaceChildren(...children); }

/// A labelled list of [value, text]; `chosen` hears the value. What a browser remembers of another visit is
/// not chosen.
function choice(label, options, value, chosen) {
  const select = element(
      'select', {autocomplete: 'off'},
      ...options.map(([key, text]) => element('option', {value: key}, text)));
  select.value = value;
  select.addEventListener('change', () => chosen(select.value));
  return element('label', {}, label, select);
}

function tick(label, checked, chosen) {
  const box = element('input', {type: 'checkbox', checked});
  box.addEventListener('change', () => chosen(box.checked));
  return element('label', {}, box, label);
}

/// A number for people; nothing for what was not measured.
function number(value, digits) {
  if (value === null || value === undefined) return '';
  if (digits !== undefined) return value.toFixed(digits);
  return value >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

/// With `sources` of more than one folder their label, with a mark where it is simulated.
function sourceText(source) {
  const {label, simulated} = data.sources[source];
  const mark = simulated ? ' (simulated)' : '';
  return data.sources.length > 1 ? label + mark : mark.trim();
}

/// `columns`: [{header, text: whether it is one}]; `rows`: lists of texts and elements.
function plainTable(columns, rows) {
  const cells = (tag, row) => row.map(
      (cell, i) =>
          element(tag, {class: columns[i].text ? 'text' : ''}, cell instanceof Node ? cell : String(cell)));
  return element(
      'table', {},
      element('thead', {}, element('tr', {}, ...cells('th', columns.map((column) => column.header)))),
      element('tbody', {}, ...rows.map((row) => element('tr', {}, ...cells('td', row)))));
}

function list(lines, properties = {}) {
  return element('ul', properties, ...lines.map((line) => element('li', {}, line)));
}
