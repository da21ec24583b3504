import type { Feature } from '@cytoqueue/client';
import { TEXTS } from './texts';

/** Meaning of the text in one field. */
export type FeatureValue =
  | { kind: 'empty' }
  | { kind: 'missing' }
  | { kind: 'value'; value: number }
  | { kind: 'invalid'; message: string };

const MISSING_TOKEN = /^(\?|na|nan)$/i;
const MAX_QUOTED_LENGTH = 20;

export function parseFeatureValue(text: string, { min, max, integer }: Feature): FeatureValue {
  // Full-width digits become plain ones.
  const trimmed = text.normalize('NFKC').trim();
  if (trimmed === '') return { kind: 'empty' };
  if (MISSING_TOKEN.test(trimmed)) return { kind: 'missing' };
  const range = rangeText({ min, max, integer });
  const isNumber = integer
    ? /^[+-]?0?(0|[1-9]\d*)([.,]0+|\.)?$/.test(trimmed)
    : /^[+-]?\d+([.,]\d+|\.)?$/.test(trimmed);
  if (!isNumber)
    return { kind: 'invalid', message: TEXTS.featureValue.notInRange(trimmed.slice(0, MAX_QUOTED_LENGTH), range) };
  const value = Number(trimmed.replace(',', '.'));
  if (value < min)
    return {
      kind: 'invalid',
      message: TEXTS.featureValue.tooLow(trimmed, range),
    };
  if (max !== null && value > max) return { kind: 'invalid', message: TEXTS.featureValue.tooHigh(trimmed, range) };
  return { kind: 'value', value };
}

export function rangeText({ min, max, integer }: Pick<Feature, 'min' | 'max' | 'integer'>): string {
  const what = integer ? TEXTS.featureValue.wholeNumber : TEXTS.featureValue.number;
  return max === null ? TEXTS.featureValue.atLeast(what, min) : TEXTS.featureValue.between(what, min, max);
}

/** Whether a feature is a grade from 1 to 10: shown as ten radio buttons, and entered with one key. */
export function isTenStepGrade({ min, max, integer }: Pick<Feature, 'min' | 'max' | 'integer'>): boolean {
  return integer && min === 1 && max === 10;
}

/** The text of the radio button that shows a grade, for example `5` for `5.0` and `?` for `NA`; other texts as they are. */
export function canonicalText(text: string, feature: Feature): string {
  const value = parseFeatureValue(text, feature);
  if (value.kind === 'missing') return '?';
  return value.kind === 'value' && isTenStepGrade(feature) ? String(value.value) : text;
}
