/** What the source begins with. */
const COLUMNS = 'date,precipitation,temp_max,temp_min,wind,weather';

/** The rows of a source that lie behind a position, as they stand there. */
export function rowsAfter(source, position) {
  const [columns, ...rows] = source.trimEnd().split('\n');
  if (columns !== COLUMNS) throw new Error(`the source does not begin with \`${COLUMNS}\``);
  return rows.filter((row) => position === undefined || row.slice(0, 10) > position);
}

/** A row of the source with its measurements in tenths: whole numbers, so that sums are exact. */
export function fromSource(row) {
  const columns = row.split(',');
  if (columns.length !== 6) throw new Error(`the row \`${row}\` has ${columns.length} columns instead of 6`);
  const [date, precipitation, tempMax, tempMin, wind, weather] = columns;
  return [date, tenths(precipitation), tenths(tempMax), tenths(tempMin), tenths(wind), weather].join(',');
}

/** A number with one digit behind the point, in tenths. Without arithmetic, which loses digits. */
function tenths(text) {
  if (!/^-?\d+\.\d$/.test(text)) throw new Error(`\`${text}\` is not a number with one digit behind the point`);
  return Number(text.replace('.', ''));
}
