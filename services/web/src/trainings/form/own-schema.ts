import { TEXTS } from './texts';

/** Choices about a feature; numbers as typed. */
export interface FeatureChoice {
  /** The column's name. */
  column: string;
  isChosen: boolean;
  type: 'integer' | 'real';
  min: string;
  max: string;
}

/** A class as the file writes it, and what it is called in results. */
export interface ClassChoice {
  text: string;
  name: string;
}

export interface OwnSchema {
  title: string;
  features: readonly FeatureChoice[];
  classes: readonly [negative: ClassChoice, positive: ClassChoice];
  label: string;
  group: string;
  missingWords: readonly string[];
}

export const MAX_FEATURES = 64;
const MAX_NAME = 64;
/** As the API accepts the name of a class. */
const CLASS_NAME = /^\p{L}[\p{L}\p{N} _.+-]{0,39}$/u;

export function isClassName(name: string): boolean {
  return CLASS_NAME.test(name) && name.trim() === name && !['repeat', 'other'].includes(name.toLowerCase());
}

/** The reason why the feature's limits cannot be used; undefined for good ones. */
export function limitsFault({ type, min, max }: FeatureChoice): string | undefined {
  const limits = [min, max].map((text) => (text.trim() === '' ? NaN : Number(text)));
  const [low = NaN, high = NaN] = limits;
  if (!limits.every(Number.isFinite)) return TEXTS.limits.missing;
  if (type === 'integer' && !limits.every(Number.isInteger)) return TEXTS.limits.notWhole;
  return low < high ? undefined : TEXTS.limits.reversed;
}

/** The schema as the API takes it (SchemaDefinition of `@cytoqueue/schema`), with the file's columns as other names. */
export function toSchema({ title, features, classes, label, group, missingWords }: OwnSchema): object {
  const [negative, positive] = classes;
  const names = new Set<string>();
  return {
    title,
    features: features
      .filter(({ isChosen }) => isChosen)
      .map(({ column, type, min, max }) => {
        const name = featureName(column, names);
        names.add(name);
        return { name, title: column, type, min: Number(min), max: Number(max), aliases: [column] };
      }),
    labels: [negative.name, positive.name],
    positive: positive.name,
    label_values: [[negative.text], [positive.text]],
    label_columns: [label],
    ...(group === '' ? {} : { id_columns: [group] }),
    ...(missingWords.length === 0 ? {} : { missing: missingWords }),
  };
}

/** A name of lower-case letters, digits and single `_` that no other feature has. */
function featureName(column: string, taken: ReadonlySet<string>): string {
  const plain = column
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  const base = (/^[a-z]/.test(plain) ? plain : `feature_${plain}`).slice(0, MAX_NAME - 4).replace(/_+$/, '');
  let name = base;
  for (let number = 2; taken.has(name); number++) name = `${base}_${number}`;
  return name;
}
