import { TEXTS } from './texts';

/** Formats numbers, times and durations in the language of the texts, whatever the browser's language. */

const wholeNumber = new Intl.NumberFormat(TEXTS.locale, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(TEXTS.locale, { maximumFractionDigits: 1 });
/** For shares: more digits the closer a share is to 0 or 1. */
const shareDigits = [1, 2, 3, 4].map(
  (maximumFractionDigits) => new Intl.NumberFormat(TEXTS.locale, { maximumFractionDigits }),
);
const dateTimeSeconds = new Intl.DateTimeFormat(TEXTS.locale, { dateStyle: 'medium', timeStyle: 'medium' });
const timeOfDay = new Intl.DateTimeFormat(TEXTS.locale, { timeStyle: 'medium' });
const date = new Intl.DateTimeFormat(TEXTS.locale, { dateStyle: 'medium', timeZone: 'UTC' });
const month = new Intl.DateTimeFormat(TEXTS.locale, { month: 'short', year: 'numeric', timeZone: 'UTC' });
const dateTime = new Intl.DateTimeFormat(TEXTS.locale, { dateStyle: 'medium', timeStyle: 'short' });
const plural = new Intl.PluralRules(TEXTS.locale);

/** Forms of a noun by the plural rules of the language; English has `one` and `other`. */
export type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

export function formatCount(count: number): string {
  return wholeNumber.format(count);
}

/** `1 row`, `2 rows` */
export function pluralize(count: number, forms: PluralForms): string {
  return `${formatCount(count)} ${forms[plural.select(count)] ?? forms.other}`;
}

/** Formats a probability; only exactly 0 and 1 become 0 % and 100 %. */
export function formatProbability(probability: number): string {
  if (probability > 0 && probability < 0.001) return TEXTS.below(formatShare(0.001));
  if (probability < 1 && probability > 0.999) return TEXTS.above(formatShare(0.999));
  return formatShare(probability);
}

/** One decimal, or as many as show that a share is neither 0 % nor 100 %: 53 missed cases of 300,000 are not none. */
export function formatShare(share: number): string {
  const texts = shareDigits.map((digits) => digits.format(share * 100));
  const isExact = share === 0 || share === 1;
  return TEXTS.percent(texts.find((text) => isExact || (text !== '0' && text !== '100')) ?? (texts[0] as string));
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

/** At most two decimals, or as many as given. */
export function formatDecimal(value: number, digits = 2): string {
  return value.toLocaleString(TEXTS.locale, { maximumFractionDigits: digits });
}

/** `0.950` with three digits. */
export function formatFixed(value: number, digits: number): string {
  return value.toLocaleString(TEXTS.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Three significant digits. */
export function formatSignificant(value: number): string {
  return value.toLocaleString(TEXTS.locale, { maximumSignificantDigits: 3 });
}

export function formatBytes(bytes: number): string {
  const { byteUnits: units } = TEXTS;
  const power = bytes < 1_000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${oneDigit.format(bytes / 1_000 ** power)} ${units[power]}`;
}

/** `12 s`, `3 min 20 s`, `2 h 5 min`, `3 days` */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return seconds <= 0 ? TEXTS.seconds('0') : TEXTS.underOneSecond;
  const rounded = Math.round(seconds);
  const [s, min, h] = [rounded % 60, Math.floor(rounded / 60) % 60, Math.floor(rounded / 3_600)];
  if (rounded < 60) return TEXTS.seconds(String(s));
  if (rounded < 3_600) return joinUnits(TEXTS.minutes(String(min)), s, TEXTS.seconds);
  if (rounded < 86_400) return joinUnits(TEXTS.hours(String(h)), min, TEXTS.minutes);
  return pluralize(Math.round(rounded / 86_400), TEXTS.days);
}

function joinUnits(major: string, minor: number, minorUnit: (number: string) => string): string {
  return minor === 0 ? major : `${major} ${minorUnit(String(minor))}`;
}

export function formatMilliseconds(ms: number): string {
  return ms < 1_000 ? TEXTS.milliseconds(String(Math.round(ms))) : TEXTS.seconds(oneDigit.format(ms / 1_000));
}
