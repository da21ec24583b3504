const BARS = ' ▁▂▃▄▅▆▇█';
const WIDTH = 72;

/** One line of bars, the highest value full; what is unknown is a dot. */
export function drawBars(
  values: readonly (number | null)[],
  highest = Math.max(0, ...values.map((value) => value ?? 0)),
): string {
  const bar = (value: number): string =>
    BARS[value <= 0 || highest <= 0 ? 0 : Math.max(1, Math.round((value / highest) * (BARS.length - 1)))];
  return downsampled(values)
    .map((value) => (value === null ? '·' : bar(value)))
    .join('');
}

/** One digit a value. */
export function drawDigits(values: readonly number[]): string {
  return downsampled(values)
    .map((value) => (value > 9 ? '+' : String(value)))
    .join('');
}

/** At most a terminal's line, evenly picked. */
function downsampled<T>(values: readonly T[]): T[] {
  if (values.length <= WIDTH) return [...values];
  return Array.from({ length: WIDTH }, (_, column) => values[Math.floor((column * values.length) / WIDTH)]);
}
