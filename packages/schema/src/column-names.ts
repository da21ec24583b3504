import type { Schema } from './schema';

/** Folds a column or field name for comparison: NFKC, trimmed, lower-case, runs of space `.` `-` `_` become one `_`. */
export function normalizeName(name: string): string {
  return name
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/[\s.\-_]+/g, '_');
}

export interface FeatureMatch {
  readonly feature: number;
  readonly matchedBy: 'name' | 'alias';
}

const matchesBySchema = new WeakMap<Schema, ReadonlyMap<string, FeatureMatch>>();

/** Which feature, if any, a column or field name means. */
export function matchFeature(name: string, schema: Schema): FeatureMatch | undefined {
  let matches = matchesBySchema.get(schema);
  if (matches === undefined) {
    matches = indexNames(schema);
    matchesBySchema.set(schema, matches);
  }
  return matches.get(normalizeName(name));
}

function indexNames(schema: Schema): ReadonlyMap<string, FeatureMatch> {
  const matches = new Map<string, FeatureMatch>();
  schema.features.forEach(({ name, aliases }, feature) => {
    matches.set(name, { feature, matchedBy: 'name' });
    for (const alias of aliases) matches.set(alias, { feature, matchedBy: 'alias' });
  });
  return matches;
}
