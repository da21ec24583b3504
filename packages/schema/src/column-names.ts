import { STATISTIC_WORDS, featureVariants } from './column-variants';
import { withoutWrapping } from './plain-text';
import { type Schema, featureAt } from './schema';

/**
 * Folds a column or field name for comparison: NFKC, trimmed, without quotes, lower-case, runs of space `.` `-` `_`
 * become one `_`.
 */
export function normalizeName(name: string): string {
  return withoutWrapping(name.normalize('NFKC').trim())
    .toLowerCase()
    .replace(/[\s.\-_]+/g, '_');
}

export interface FeatureMatch {
  readonly featureIndex: number;
  readonly matchedBy: 'name' | 'alias';
}

const INVISIBLE = /\p{Cf}/gu;
/** `1.`, `(3)`, `10 -` before a name. */
const NUMBERING = /^[(#]?\d{1,3}[).:\s_-]+(?=\D)/;
const BRACKETED = /[([{]([^)\]}]*)[)\]}]/g;
/** A range such as `1-10` or `1 to 10` after a name. */
const RANGE = /[\s._-]+\d+\s*(-|–|_|to|bis|\.\.)\s*\d+$/;
const UNIT = /[\s._-]+([uμ]m[23]?|mm[23]?|px|pixels?|microns?)$/;
const TRAILING_MARKS = /[\s:=*;]+$/;
/** Between a table's name and a column's: `t.clump_thickness`, `data$radius_mean`; Orange's `C#mitoses`. */
const TABLE_PREFIX = /^[^.$:/#]*[.$:/#]+/;
/** Server, database, schema and table. */
const MAX_PREFIXES = 4;

/** The letters and digits of a name alone, so that no separator and no camelCase matters. */
function squash(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}

/** The form under which a feature's name or alias is found. Names with the same form cannot be told apart. */
export function lookupForm(name: string): string {
  return squash(normalizeName(name));
}

/** A name in lower case, and the same without its number, range, unit and marks. */
function plainName(name: string): { text: string; bare: string } {
  const text = name.normalize('NFKC').replace(INVISIBLE, '').trim().toLowerCase();
  const bare = text
    .replace(NUMBERING, '')
    .replace(BRACKETED, (_, content: string) => (STATISTIC_WORDS.has(squash(content)) ? ` ${content} ` : ' '))
    .replace(TRAILING_MARKS, '')
    .replace(RANGE, '')
    .replace(UNIT, '')
    .trim();
  return { text, bare };
}

/** The forms under which a name is looked up, the most literal one first. */
function spellings(name: string): string[] {
  const { text, bare } = plainName(name);
  const forms = [squash(text), squash(bare)];
  let rest = bare;
  for (let depth = 0; depth < MAX_PREFIXES; depth++) {
    const shorter = rest.replace(TABLE_PREFIX, '');
    if (shorter === rest) break;
    forms.push(squash((rest = shorter)));
  }
  return forms.filter((form) => form !== '');
}

const matchesBySchema = new WeakMap<Schema, ReadonlyMap<string, FeatureMatch>>();

/** Longer texts name no feature, and searching them for ranges and units would take time. */
const MAX_NAME_CHARS = 256;

/** The feature that a column or field name means, if any. */
export function matchFeature(name: string, schema: Schema): FeatureMatch | undefined {
  if (name.length > MAX_NAME_CHARS) return undefined;
  const matches = matchesOf(schema);
  const literal = matches.get(name);
  if (literal !== undefined) return literal;
  for (const form of spellings(name)) {
    const match = matches.get(form);
    if (match !== undefined)
      return match.matchedBy === 'name' && form !== lookupForm(name) ? { ...match, matchedBy: 'alias' } : match;
  }
  return undefined;
}

/**
 * Whether a column has one of these normalized names, those of the identifier or of the class: `PatientID`, `11. Class
 * (2/4):`.
 */
export function isNamedAs(column: string, names: readonly string[]): boolean {
  if (names.includes(normalizeName(column))) return true;
  if (column.length > MAX_NAME_CHARS) return false;
  const { text, bare } = plainName(column);
  const forms = [squash(text), squash(bare)];
  return names.some((name) => forms.includes(squash(name)));
}

/** The number of a column that R named V1, V2 … because the file had no header; undefined for other names. */
export function unnamedColumnNumber(name: string): number | undefined {
  const digits = /^v0*(\d{1,4})$/.exec(squash(name.normalize('NFKC').toLowerCase()))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const NUMBERED = /^(unnamed|column|spalte|feature|attribute|attr|field|col|var|att|[a-z])?0*(\d{1,4})$/;

/**
 * The columns that a program has numbered for want of names (X1 … X9, Column1 …, 0 … 10): the first and the last of
 * them, where most columns are such; undefined otherwise.
 */
export function numberedColumns(columns: readonly string[]): [first: string, last: string] | undefined {
  const series = new Map<string, { name: string; number: number }[]>();
  for (const name of columns) {
    const match = NUMBERED.exec(squash(name.normalize('NFKC').toLowerCase()));
    if (match === null) continue;
    const [, prefix = '', digits] = match;
    series.set(prefix, [...(series.get(prefix) ?? []), { name, number: Number(digits) }]);
  }
  const [longest] = [...series.values()].toSorted((a, b) => b.length - a.length);
  if (longest === undefined || longest.length * 2 <= columns.length || longest.length < 2) return undefined;
  const names = longest.toSorted((a, b) => a.number - b.number).map(({ name }) => name.trim());
  return [names[0] ?? '', names.at(-1) ?? ''];
}

function matchesOf(schema: Schema): ReadonlyMap<string, FeatureMatch> {
  let matches = matchesBySchema.get(schema);
  if (matches === undefined) {
    matches = indexNames(schema);
    matchesBySchema.set(schema, matches);
  }
  return matches;
}

function indexNames(schema: Schema): ReadonlyMap<string, FeatureMatch> {
  const matches = new Map<string, FeatureMatch>();
  schema.features.forEach(({ name, aliases, quantity }, featureIndex) => {
    for (const form of [name, squash(name)]) matches.set(form, { featureIndex, matchedBy: 'name' });
    for (const alias of [...aliases, ...featureVariants(schema.id, name, quantity)]) {
      const form = lookupForm(alias);
      if (!matches.has(form)) matches.set(form, { featureIndex, matchedBy: 'alias' });
    }
  });
  return matches;
}

/** Below this share of common letter pairs, a suggestion would be a guess. */
const MIN_SIMILARITY = 0.55;

/** The feature among these whose name or alias is most like the column's; undefined where none is. */
export function suggestFeature(column: string, schema: Schema, features: readonly number[]): string | undefined {
  const pairs = letterPairs(lookupForm(column));
  let best: { name: string; similarity: number } | undefined;
  for (const feature of features) {
    const { name, aliases } = featureAt(schema, feature);
    for (const candidate of [name, ...aliases]) {
      const form = squash(candidate);
      // Aliases such as v1 or mit are like anything.
      if (form.length < 5) continue;
      const similarity = commonShare(pairs, letterPairs(form));
      if (similarity >= MIN_SIMILARITY && similarity > (best?.similarity ?? 0)) best = { name, similarity };
    }
  }
  return best?.name;
}

function letterPairs(text: string): Map<string, number> {
  const pairs = new Map<string, number>();
  for (let at = 0; at + 1 < text.length; at++) {
    const pair = text.slice(at, at + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}

/** Dice's coefficient: 1 for equal texts, 0 without a common pair of letters. */
function commonShare(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let common = 0;
  let total = 0;
  for (const [pair, count] of a) {
    common += 2 * Math.min(count, b.get(pair) ?? 0);
    total += count;
  }
  for (const count of b.values()) total += count;
  return total === 0 ? 0 : common / total;
}
