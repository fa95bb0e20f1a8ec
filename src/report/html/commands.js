// The command lines that measure a row again, for a reader to copy.
const LIBRARIES = ['cublaslt_block', 'cublaslt_tensor', 'cublas_bf16'];

/// A word as a POSIX shell reads it back: names come from files of others.
function shellQuoted(word) {
  if (/^[\w%+,./:=@-]+$/.test(word)) return word;
  const line = word.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  return `'${line.replaceAll('\'', '\'\\\'\'')}'`;
}

/// [[what it does, its line]] of a row of the table.
function commandsOf(item) {
  const problem = `--problem ${shellQuoted(item.problem.argument)}`, {id} = data.providers[item.provider];
  if (id === 'gemmtune' && item.argument)
    return ['bench', 'profile'].map(
        (name) => [name, `gemmtune ${name} ${problem} --config ${shellQuoted(item.argument)}`]);
  if (!LIBRARIES.includes(id)) return [];
  const [answer] = /\d+$/.exec(item.argument) ?? [], baseline = answer ? `${id}:${answer}` : id;
  return [['bench', `gemmtune bench ${problem} --baselines ${baseline}`]];
}

/// Shown as well as copied: where a browser forbids copying it is selected, to be copied by hand.
async function copyLine(line) {
  const shown = find('#table .line');
  fill(shown, element('code', {}, line));
  shown.hidden = false;
  getSelection().selectAllChildren(shown.firstChild);
  try {
    await navigator.clipboard.writeText(line);
    shown.append(element('span', {class: 'faint'}, ' copied'));
  } catch {
    shown.append(element('span', {class: 'faint'}, ' selected, to be copied'));
  }
}

function commandButtons(item) {
  return commandsOf(item).map(([name, line]) => {
    const button = element('button', {type: 'button', title: `copy: ${line}`}, name);
    button.addEventListener('click', () => copyLine(line));
    return button;
  });
}
