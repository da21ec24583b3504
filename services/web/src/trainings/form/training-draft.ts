import type { TrainingOptions } from '@cytoqueue/client';
import { type NumericColumn, distinctTexts, numericColumns } from './column-facts';
import { type FeatureChoice, MAX_FEATURES, isClassName, limitsFault, toSchema } from './own-schema';
import type { TableStart } from './table-start';
import { TEXTS } from './texts';

/** Content of the form. Columns are named; empty texts are not given. */
export interface TrainingDraft {
  name: string;
  /** A schema's name, or `own`. */
  schema: string;
  label: string;
  group: string;
  /** Words for "not measured", separated by commas. */
  missing: string;
  /** Changes of the prefilled features, by column. */
  features: Readonly<Record<string, Partial<FeatureChoice>>>;
  /** Names of the classes, by their text in the file. */
  classNames: Readonly<Record<string, string>>;
  /** Text of the positive class. */
  positive: string;
  /** Digits; empty for the default of the service. */
  seed: string;
}

export const EMPTY_DRAFT: TrainingDraft = {
  name: '',
  schema: '',
  label: '',
  group: '',
  missing: '',
  features: {},
  classNames: {},
  positive: '',
  seed: '',
};

function missingWords({ missing }: Pick<TrainingDraft, 'missing'>): string[] {
  return missing
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** Facts about the columns, from the rows. They take time for many rows, so they are computed once. */
export interface FileFacts {
  numeric: readonly NumericColumn[];
  /** The different texts of the class column, without those for "not measured". */
  classes: readonly string[];
}

export function readFacts(table: TableStart, draft: Pick<TrainingDraft, 'label' | 'missing'>): FileFacts {
  const words = missingWords(draft);
  return { numeric: numericColumns(table, words), classes: distinctTexts(table, draft.label, words) };
}

/** A column with the facts of the file and what was chosen about it. */
export type FeatureRow = FeatureChoice & Pick<NumericColumn, 'otherTexts' | 'isLikelyIdentifier'>;

/** The columns that can be features, prefilled from the rows; neither the class nor the patient. */
export function featureRows(draft: TrainingDraft, { numeric }: FileFacts): FeatureRow[] {
  return numeric
    .filter(({ name }) => name !== draft.label && name !== draft.group)
    .map(({ name, isInteger, min, max, otherTexts, isLikelyIdentifier }) => ({
      column: name,
      isChosen: !isLikelyIdentifier && min < max,
      type: isInteger ? 'integer' : 'real',
      min: String(min),
      max: String(max),
      otherTexts,
      isLikelyIdentifier,
      ...draft.features[name],
    }));
}

/** Name of a class; by default its text in the file, where that can be a name. */
export function className({ classNames }: TrainingDraft, text: string): string {
  return classNames[text] ?? (isClassName(text) ? text : '');
}

/** The first thing that is missing before the training can start; undefined for none. */
export function openQuestion(draft: TrainingDraft, facts: FileFacts | null): string | undefined {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(draft.name)) return TEXTS.openQuestions.name;
  if (draft.schema === '') return TEXTS.openQuestions.schema;
  if (draft.label === '') return TEXTS.openQuestions.label;
  if (draft.label === draft.group) return TEXTS.openQuestions.sameColumn;
  if (!/^\d{0,9}$/.test(draft.seed)) return TEXTS.openQuestions.seed;
  if (draft.schema !== 'own') return undefined;
  if (facts === null) return TEXTS.openQuestions.ownFeatures;
  return openFeature(draft, facts) ?? openClass(draft, facts);
}

function openFeature(draft: TrainingDraft, facts: FileFacts): string | undefined {
  const chosen = featureRows(draft, facts).filter(({ isChosen }) => isChosen);
  if (chosen.length === 0) return TEXTS.openQuestions.noFeature;
  if (chosen.length > MAX_FEATURES) return TEXTS.openQuestions.tooMany(MAX_FEATURES, chosen.length);
  for (const row of chosen) {
    const fault = limitsFault(row);
    if (fault !== undefined) return TEXTS.openQuestions.limits(row.column, fault);
  }
  return undefined;
}

function openClass(draft: TrainingDraft, { classes: texts }: FileFacts): string | undefined {
  if (texts.length !== 2) return TEXTS.openQuestions.classCount(draft.label, texts.length);
  const names = texts.map((text) => className(draft, text));
  if (!names.every(isClassName)) return TEXTS.openQuestions.classNames;
  if (names[0]?.toLowerCase() === names[1]?.toLowerCase()) return TEXTS.openQuestions.sameNames;
  return texts.includes(draft.positive) ? undefined : TEXTS.openQuestions.positive;
}

/** The request for a draft without open questions. */
export function toRequest(
  draft: TrainingDraft,
  facts: FileFacts | null,
): Pick<TrainingOptions, 'name' | 'schema' | 'label' | 'group' | 'seed'> {
  const { name, schema, label, group, seed } = draft;
  return {
    name,
    schema: schema === 'own' && facts !== null ? ownSchema(draft, facts) : schema,
    label,
    ...(group === '' ? {} : { group }),
    ...(seed === '' ? {} : { seed: Number(seed) }),
  };
}

function ownSchema(draft: TrainingDraft, facts: FileFacts): object {
  const { name, label, group, positive } = draft;
  const negative = facts.classes.find((text) => text !== positive) ?? '';
  return toSchema({
    title: TEXTS.schemaTitle(name),
    features: featureRows(draft, facts),
    classes: [
      { text: negative, name: className(draft, negative) },
      { text: positive, name: className(draft, positive) },
    ],
    label,
    group,
    missingWords: missingWords(draft),
  });
}
