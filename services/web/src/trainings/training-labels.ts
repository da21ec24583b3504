import { TEXTS } from './texts';

/** The schemas that a file may have without a description of its features. */
export const SCHEMA_LABELS: Readonly<Record<string, string>> = TEXTS.schemas;

export function schemaLabel(schema: string): string {
  return SCHEMA_LABELS[schema] ?? TEXTS.ownFeatures;
}
