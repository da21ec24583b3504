/** Texts of the shared components, and the words that stand with numbers. */
export const TEXTS = {
  /** Language of the texts, by which numbers, dates and plurals are formatted. */
  locale: 'en-GB',
  loading: 'Loading …',
  goBack: 'Go back',
  tryAgain: 'Try again',
  outcomeUnknown: 'It is not known whether this was done. Look before you repeat it.',
  request: 'Request',
  malignancy: 'malignancy',
  quoted: (name: string) => `“${name}”`,
  none: 'none',
  proportion: (part: string, whole: string, share: string, low: string, high: string) =>
    `${part} of ${whole}: ${share} (${low} to ${high})`,
  /** The sign stays on the line of its number. */
  percent: (number: string) => `${number}\u00a0%`,
  below: (share: string) => `below ${share}`,
  above: (share: string) => `above ${share}`,
  byteUnits: ['bytes', 'kB', 'MB', 'GB', 'TB'],
  milliseconds: (number: string) => `${number} ms`,
  seconds: (number: string) => `${number} s`,
  minutes: (number: string) => `${number} min`,
  hours: (number: string) => `${number} h`,
  days: { one: 'day', other: 'days' },
  underOneSecond: 'under 1 s',
};
