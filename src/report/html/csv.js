// The rows of the table as a file, with every digit that the page has.

/// A text that begins like a formula is one to a spreadsheet: an apostrophe before it says that it is none.
function csvField(value, isText) {
  if (value === null || value === undefined) return '';
  const plain = String(value).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  const text = isText && /^[=+@-]/.test(plain) ? `'${plain}` : plain;
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvText(columns, items) {
  const line = (fields) => `${fields.join(',')}\n`;
  return line(columns.map((column) => csvField(column.header, true))) +
      items
          .map(
              (item) =>
                  line(columns.map((column) => csvField((column.exact ?? column.get)(item), column.text))))
          .join('');
}

function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], {type: 'text/csv'}));
  element('a', {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
