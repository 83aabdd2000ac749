// Headings of tables become buttons: a click sorts by their column, another one the other way round.
for (const table of document.querySelectorAll('table.sort')) {
  const body = table.tBodies[0];
  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.v ?? cell.textContent.trim();
    return { text, number: text === '' ? -Infinity : Number(text.replace(/,/g, '')) };
  };
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener('click', () => {
      const rows = [...body.rows].map((row) => ({ row, ...key(row, column) }));
      const numeric = rows.every((it) => !Number.isNaN(it.number));
      // The largest number is what people look for first; names begin at their beginning.
      const first = numeric ? 'descending' : 'ascending';
      const other = first === 'ascending' ? 'descending' : 'ascending';
      const order = heading.getAttribute('aria-sort') === first ? other : first;
      const sign = order === 'ascending' ? 1 : -1;
      const compare = numeric
        ? (a, b) => (a.number < b.number ? -1 : a.number > b.number ? 1 : 0)
        : (a, b) => a.text.localeCompare(b.text, 'en', { numeric: true });
      rows.sort((a, b) => sign * compare(a, b));
      for (const cell of table.tHead.rows[0].cells) cell.removeAttribute('aria-sort');
      heading.setAttribute('aria-sort', order);
      body.append(...rows.map((it) => it.row));
    });
  });
}
