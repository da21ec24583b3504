import { createHash } from 'node:crypto';
import { lookupForm, normalizeName } from './column-names';
import { type FieldError, SchemaError } from './errors';
import { plainText } from './plain-text';
import { type ClassNames, type Feature, type Schema, wisconsinDefaults } from './schema';
import type { FeatureDefinition, SchemaDefinition } from './schema-definition';

export const MAX_FEATURES = 64;
/** Low enough that squared distances stay finite. */
const MAX_VALUE = 1e9;
const MAX_NAMES = 50;
const MAX_TEXT = 200;
const MAX_ERRORS = 100;
const NAME = /^[a-z][a-z0-9_]{0,63}$/;
/** Labels stand unquoted in result files and between `;`, and are no formula of a spreadsheet. */
const LABEL = /^\p{L}[\p{L}\p{N} _.+-]{0,39}$/u;
/** Decisions of a review that are no class, in lower case. */
const RESERVED_LABELS = ['repeat', 'other'];
const FEATURE_MEMBERS = ['name', 'title', 'description', 'type', 'min', 'max', 'unit', 'aliases', 'low', 'high'];
const MEMBERS = [
  'title', 'features', 'labels', 'positive', 'label_values', 'label_columns', 'id_columns', 'missing', 'max_missing',
]; // prettier-ignore

/**
 * Checks a custom schema and completes it. Equal columns and labels give the same id, whatever texts describe them.
 * @throws SchemaError with one entry for each of the first bad members: `field` is its path, such as `features.2.min`
 */
export function createSchema(definition: unknown): Schema {
  const check = new DefinitionCheck();
  const valid = check.definition(definition);
  if (valid === undefined || check.errors.length > 0) throw new SchemaError(check.errors);
  const features = valid.features.map(toFeature);
  const { labels, max_missing = Math.floor(features.length / 2) } = valid;
  return {
    id: `custom-${digestOf(features, labels)}`,
    title: valid.title,
    features,
    labels: [labels[0], labels[1]],
    labelTokens: [tokensOf(labels[0], valid.label_values?.[0]), tokensOf(labels[1], valid.label_values?.[1])],
    labelColumns: [...(valid.label_columns ?? []).map(normalizeName), ...wisconsinDefaults.labelColumns],
    idColumns: [...(valid.id_columns ?? []).map(normalizeName), ...wisconsinDefaults.idColumns],
    missingTokens: [...wisconsinDefaults.missingTokens, ...(valid.missing ?? [])],
    maxMissing: max_missing,
    definition: inOrder(valid, MEMBERS, { features: valid.features.map((one) => inOrder(one, FEATURE_MEMBERS)) }),
  };
}

function tokensOf(label: string, values: readonly string[] = []): string[] {
  return [label, ...values].map(toToken);
}

/** The form in which `parseLabel` compares cells. */
function toToken(text: string): string {
  return plainText(text).toLowerCase();
}

/** The members in one order, so that equal schemas give equal bytes. */
function inOrder<T extends object>(given: T, members: readonly string[], changed: Partial<T> = {}): T {
  const all: Partial<Record<string, unknown>> = { ...given, ...changed };
  return Object.fromEntries(members.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]))) as T;
}

function toFeature({ type, aliases = [], ...given }: FeatureDefinition): Feature {
  const { name, title = name.replaceAll('_', ' '), description = '', min, max } = given;
  // Words for a grade; of other values only the bounds are known.
  const isInteger = type === 'integer';
  const isGrade = isInteger && min === 1 && max === 10;
  const { low = isGrade ? 'low' : `from ${min}`, high = isGrade ? 'high' : `to ${max} ${given.unit ?? ''}`.trim() } =
    given;
  return {
    name,
    title: `${title.charAt(0).toUpperCase()}${title.slice(1)}`,
    description,
    low,
    high,
    aliases: aliases.map(normalizeName),
    min,
    max,
    integer: isInteger,
    ...(given.unit !== undefined && { unit: given.unit }),
  };
}

function digestOf(features: readonly Feature[], labels: ClassNames): string {
  const columns = features.map(({ name, min, max, integer }) => [name, min, max, integer]);
  return createHash('sha256')
    .update(JSON.stringify([columns, labels]))
    .digest('hex')
    .slice(0, 16);
}

type Members = Record<string, unknown>;

class DefinitionCheck {
  readonly errors: FieldError[] = [];

  definition(given: unknown): SchemaDefinition | undefined {
    if (!isObject(given))
      return this.fail('', 'not-an-object', 'a schema is an object with title, features and labels');
    this.members(given, MEMBERS, '');
    this.text(given['title'], 'title', true);
    if (this.labels(given)) this.labelTexts(given);
    const { features } = given;
    if (!Array.isArray(features) || features.length === 0 || features.length > MAX_FEATURES)
      return this.fail('features', 'feature-count', `a schema has 1 to ${MAX_FEATURES} features`);
    features.forEach((feature: unknown, index) => this.feature(feature, `features.${index}`));
    for (const member of ['label_columns', 'id_columns', 'missing']) this.texts(given[member], member);
    const { max_missing: most } = given;
    if (most !== undefined && !(Number.isInteger(most) && Number(most) >= 0 && Number(most) < features.length))
      this.fail('max_missing', 'out-of-range', 'must be a whole number from 0 to less than the number of features');
    if (this.errors.length === 0) this.distinctNames(given as unknown as SchemaDefinition);
    return given as unknown as SchemaDefinition;
  }

  private feature(given: unknown, path: string): void {
    if (!isObject(given))
      return this.fail(path, 'not-an-object', 'a feature is an object with name, type, min and max');
    this.members(given, FEATURE_MEMBERS, path);
    const { name, type, min, max } = given;
    if (typeof name !== 'string' || !NAME.test(name) || name !== normalizeName(name))
      this.fail(`${path}.name`, 'invalid-name', 'a name has lower-case letters, digits and single _, at most 64');
    if (type !== 'integer' && type !== 'real') this.fail(`${path}.type`, 'invalid-type', 'must be integer or real');
    const isLimit = (limit: unknown) =>
      Number.isFinite(limit) && Math.abs(Number(limit)) <= MAX_VALUE && (type !== 'integer' || Number.isInteger(limit));
    if (!isLimit(min) || !isLimit(max) || Number(min) >= Number(max))
      this.fail(`${path}.min`, 'out-of-range', `min and max must be numbers within ±${MAX_VALUE}, min below max`);
    for (const member of ['title', 'description', 'unit', 'low', 'high'])
      this.text(given[member], `${path}.${member}`, false);
    this.texts(given['aliases'], `${path}.aliases`);
  }

  /** @returns whether the two names are good */
  private labels({ labels, positive }: Members): boolean {
    const names = Array.isArray(labels) ? (labels as unknown[]) : [];
    if (names.length !== 2 || !names.every(isLabel) || toToken(names[0] ?? '') === toToken(names[1] ?? '')) {
      const detail = 'must be two different names that begin with a letter, the positive one last';
      this.fail('labels', 'invalid-labels', detail);
      return false;
    }
    if (positive !== names[1]) this.fail('positive', 'invalid-labels', 'must be the second label');
    return true;
  }

  /** Each text in a class column must mean one label, and none of them "not measured". */
  private labelTexts({ labels, label_values: values = [[], []], missing = [] }: Members): void {
    if (!Array.isArray(values) || values.length !== 2 || !values.every(isTextList))
      return this.fail('label_values', 'invalid-labels', 'must be two lists of cell texts, one for each label');
    values.forEach((list, label) => this.texts(list, `label_values.${label}`));
    const [negative = [], positive = []] = values.map((list, label) =>
      tokensOf((labels as string[])[label] ?? '', list),
    );
    if (negative.some((token) => positive.includes(token)))
      this.fail('label_values', 'invalid-labels', 'the two labels must have different texts');
    const missingTokens = [...wisconsinDefaults.missingTokens, ...(isTextList(missing) ? missing : [])].map(toToken);
    if ([...negative, ...positive].some((token) => missingTokens.includes(token)))
      this.fail('labels', 'invalid-labels', 'a text that means a label must not mean "not measured" too');
  }

  /** Column names are compared by their letters and digits, so each must mean one thing. */
  private distinctNames({ features, label_columns = [], id_columns = [] }: SchemaDefinition): void {
    const meanings = new Map<string, string>();
    const add = (name: string, meaning: string, path: string) => {
      const form = lookupForm(name) || normalizeName(name);
      const earlier = meanings.get(form);
      if (earlier !== undefined && earlier !== meaning)
        this.fail(path, 'duplicate-name', `${name} already means ${earlier}`);
      meanings.set(form, meaning);
    };
    for (const name of wisconsinDefaults.idColumns) add(name, 'the identifier', 'id_columns');
    for (const name of wisconsinDefaults.labelColumns) add(name, 'the class', 'label_columns');
    label_columns.forEach((name, index) => add(name, 'the class', `label_columns.${index}`));
    id_columns.forEach((name, index) => add(name, 'the identifier', `id_columns.${index}`));
    features.forEach(({ name, aliases = [] }, index) => {
      add(name, `feature ${index + 1}`, `features.${index}.name`);
      for (const alias of aliases)
        if (lookupForm(alias) === '')
          this.fail(`features.${index}.aliases`, 'invalid-name', 'an alias has a letter or digit');
        else add(alias, `feature ${index + 1}`, `features.${index}.aliases`);
    });
  }

  private members(given: Members, known: readonly string[], path: string): void {
    for (const member of Object.keys(given))
      if (!known.includes(member))
        this.fail(join(path, member.slice(0, 64)), 'unknown-member', 'is no member of a schema');
  }

  private text(value: unknown, path: string, isRequired: boolean): void {
    if (value === undefined && !isRequired) return;
    if (typeof value !== 'string' || value.length > MAX_TEXT || (isRequired && value.trim() === ''))
      this.fail(path, 'invalid-text', `must be a text of at most ${MAX_TEXT} characters`);
  }

  private texts(value: unknown, path: string): void {
    if (value === undefined) return;
    if (!Array.isArray(value) || value.length > MAX_NAMES)
      return this.fail(path, 'invalid-text', `must be a list of at most ${MAX_NAMES} texts`);
    value.forEach((text: unknown, index) => this.text(text, `${path}.${index}`, true));
  }

  private fail(field: string, code: string, detail: string): undefined {
    if (this.errors.length < MAX_ERRORS)
      this.errors.push({ field, code, detail: field === '' ? detail : `${field}: ${detail}` });
  }
}

function isLabel(label: unknown): label is string {
  return (
    typeof label === 'string' &&
    LABEL.test(label) &&
    label.trim() === label &&
    !RESERVED_LABELS.includes(toToken(label))
  );
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function join(path: string, member: string): string {
  return path === '' ? member : `${path}.${member}`;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
