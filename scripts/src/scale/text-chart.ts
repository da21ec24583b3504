const BARS = ' ▁▂▃▄▅▆▇█';
const WIDTH = 72;

/** Draws one line of bars scaled to the highest value; unknown values are dots. */
export function drawBars(
  values: readonly (number | null)[],
  highest = Math.max(0, ...values.map((value) => value ?? 0)),
): string {
  const bar = (value: number): string =>
    BARS.charAt(value <= 0 || highest <= 0 ? 0 : Math.max(1, Math.round((value / highest) * (BARS.length - 1))));
  return downsampled(values)
    .map((value) => (value === null ? '·' : bar(value)))
    .join('');
}

/** One digit per value. */
export function drawDigits(values: readonly number[]): string {
  return downsampled(values)
    .map((value) => (value > 9 ? '+' : String(value)))
    .join('');
}

/** Picks values evenly, at most the width of a terminal. */
function downsampled<T>(values: readonly T[]): T[] {
  if (values.length <= WIDTH) return [...values];
  const columns = Array.from({ length: WIDTH }, (_, column) => Math.floor((column * values.length) / WIDTH));
  return columns.flatMap((index) => values.slice(index, index + 1));
}
