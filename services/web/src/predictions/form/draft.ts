import { type Feature, type FeatureValues, type ModelVersion, type OperatingPoint, randomHex } from '@cytoqueue/client';
import { isTenStepGrade, parseFeatureValue } from './feature-value';
import { TEXTS } from './texts';

/** A record that is being entered. Kept in memory only, never in an address or in browser storage. */
export interface Draft {
  /** Every change of the draft renews it; an unchanged draft that is sent twice is stored once. */
  idempotencyKey: string;
  /** Text as typed, by feature. */
  texts: Readonly<Record<string, string>>;
  /** The sender's reference of the sample, in the API `sample_id`. */
  sampleReference: string;
  /** Name of a model whose champion is used; undefined: the model of the tenant's settings. */
  model: string | undefined;
  /** undefined: that of the tenant's settings. */
  operatingPoint: OperatingPoint | undefined;
  /**
   * The version with which the unchanged draft was first sent, also if another version is the champion by now: the service
   * refuses an idempotency key that comes with another request.
   */
  sentVersion: ModelVersion | undefined;
  /** Whether it comes from a session that has ended; another person may have entered it. */
  isRestored: boolean;
}

export function emptyDraft(): Draft {
  return {
    idempotencyKey: randomHex(),
    texts: {},
    sampleReference: '',
    model: undefined,
    operatingPoint: undefined,
    sentVersion: undefined,
    isRestored: false,
  };
}

export function isEmptyDraft({ texts, sampleReference }: Draft): boolean {
  return sampleReference === '' && Object.values(texts).every((text) => text === '');
}

export function toDraftTexts(features: FeatureValues): Draft['texts'] {
  return Object.fromEntries(
    Object.entries(features).map(([name, value]) => [name, value === null ? '?' : String(value)]),
  );
}

/** Error of each invalid field; empty when the record can be sent. */
export function findErrors(texts: Draft['texts'], features: readonly Feature[]): Record<string, string> {
  const errors = features.flatMap((feature) => {
    const value = parseFeatureValue(texts[feature.name] ?? '', feature);
    if (value.kind === 'invalid') return [[feature.name, value.message]];
    if (value.kind !== 'empty') return [];
    return [[feature.name, isTenStepGrade(feature) ? TEXTS.recordForm.chooseGrade : TEXTS.recordForm.enterValue]];
  });
  return Object.fromEntries(errors) as Record<string, string>;
}

/** @param texts without errors (see `findErrors`) */
export function toFeatures(texts: Draft['texts'], features: readonly Feature[]): FeatureValues {
  return Object.fromEntries(
    features.map((feature) => {
      const value = parseFeatureValue(texts[feature.name] ?? '', feature);
      return [feature.name, value.kind === 'value' ? value.value : null];
    }),
  );
}
