/**
 * Formats numbers, times and durations in English, like the pages, whatever the browser's language. A per cent sign
 * stays on the line of its number.
 */

const wholeNumber = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const dateTimeSeconds = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const month = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });
const twoDigits = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const dateTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

export function formatCount(count: number): string {
  return wholeNumber.format(count);
}

/** `1 row`, `2 rows` */
export function pluralize(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Formats a probability; only exactly 0 and 1 become 0 % and 100 %. */
export function formatProbability(probability: number): string {
  if (probability > 0 && probability < 0.001) return 'below 0.1\u00a0%';
  if (probability < 1 && probability > 0.999) return 'above 99.9\u00a0%';
  return formatShare(probability);
}

export function formatShare(share: number): string {
  return `${oneDigit.format(share * 100)}\u00a0%`;
}

export function formatDateTime(timestamp: string): string {
  return dateTime.format(new Date(timestamp));
}

/** `27 Nov 2026, 09:14:03` */
export function formatDateTimeSeconds(timestamp: string): string {
  return dateTimeSeconds.format(new Date(timestamp));
}

/** `09:14:03` */
export function formatTime(time: string | number): string {
  return timeOfDay.format(new Date(time));
}

export function formatDate(day: string): string {
  return date.format(new Date(day));
}

/** `Nov 2026` of its first day, UTC */
export function formatMonth(firstDay: string): string {
  return month.format(new Date(firstDay));
}

/** At most two decimals. */
export function formatDecimal(value: number): string {
  return twoDigits.format(value);
}

export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1_000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${oneDigit.format(bytes / 1_000 ** power)} ${units[power]}`;
}

/** `12 s`, `3 min 20 s`, `2 h 5 min`, `3 days` */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return seconds <= 0 ? '0 s' : 'under 1 s';
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3_600) return joinUnits(Math.floor(rounded / 60), 'min', rounded % 60, 's');
  if (rounded < 86_400) return joinUnits(Math.floor(rounded / 3_600), 'h', Math.floor((rounded % 3_600) / 60), 'min');
  return pluralize(Math.round(rounded / 86_400), 'day');
}

function joinUnits(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
}

export function formatMilliseconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${oneDigit.format(ms / 1_000)} s`;
}
