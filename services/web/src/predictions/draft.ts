import { type Feature, type FeatureValues, type OperatingPoint, randomKey } from '@cytoqueue/client';
import { readCell } from './cell';

/** A record that is being entered. It lives in memory only, never in an address or in the browser's storage. */
export interface Draft {
  /** Idempotency key: the same until the draft changes, so that a record sent twice is one record. */
  key: string;
  /** As typed, by feature. */
  texts: Readonly<Record<string, string>>;
  reference: string;
  /** A model's name: its champion. */
  model: string;
  operatingPoint: OperatingPoint;
}

export function emptyDraft(): Draft {
  return { key: randomKey(), texts: {}, reference: '', model: 'wbc-knn', operatingPoint: 'default' };
}

export function isEmptyDraft({ texts, reference }: Draft): boolean {
  return reference === '' && Object.values(texts).every((text) => text === '');
}

export function draftOf(features: FeatureValues): Draft['texts'] {
  return Object.fromEntries(Object.entries(features).map(([name, value]) => [name, value === null ? '?' : String(value)]));
}

/** What is wrong with each field; empty when the record can be sent. */
export function findFaults(texts: Draft['texts'], features: readonly Feature[]): Record<string, string> {
  const faults = features.flatMap((feature) => {
    const cell = readCell(texts[feature.name] ?? '', feature);
    if (cell.kind === 'fault') return [[feature.name, cell.text]];
    return cell.kind === 'empty' ? [[feature.name, 'Still empty. If it was not measured, type a question mark.']] : [];
  });
  return Object.fromEntries(faults) as Record<string, string>;
}

/** @param texts without faults */
export function toFeatures(texts: Draft['texts'], features: readonly Feature[]): FeatureValues {
  return Object.fromEntries(
    features.map((feature) => {
      const cell = readCell(texts[feature.name] ?? '', feature);
      return [feature.name, cell.kind === 'value' ? cell.value : null];
    }),
  );
}
