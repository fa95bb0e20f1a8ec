// What the reader chose, in the address behind its '#': whoever gets the link sees the same.
const SHARED = [
  [filters, 'source', 'folder'], [filters, 'kernel', 'kernel'], [filters, 'm', 'm'],
  [filters, 'layer', 'layer'], [tableState, 'what', 'show'], [tableState, 'search', 'search'],
  [tableState, 'sort', 'sort'], [tableState, 'descending', 'descending']
].map(([state, key, name]) => ({state, key, name, initial: state[key]}));

function readAddress() {
  const chosen = new URLSearchParams(location.hash.slice(1));
  for (const {state, key, name, initial} of SHARED) {
    const text = chosen.get(name);
    state[key] = text === null ? initial : typeof initial === 'boolean' ? text === 'true' : text;
  }
}

function writeAddress() {
  const chosen = new URLSearchParams();
  for (const {state, key, name, initial} of SHARED)
    if (state[key] !== initial) chosen.set(name, state[key]);
  const text = String(chosen);
  history.replaceState(null, '', location.href.split('#')[0] + (text ? `#${text}` : ''));
}
