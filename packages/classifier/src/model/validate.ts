import { type Schema, SchemaError, createSchema, hasGrades, schemas } from '@cytoqueue/schema';
import { isDriftLimits } from '../drift/drift-limits';
import { isNoveltyFile } from '../novelty/novelty-file';
import type { ModelFile } from './model-file';

type UncheckedFile = Record<string, unknown>;
type Rule = readonly [field: string, isValid: (file: UncheckedFile, schema: Schema) => boolean];

/** @returns the first invalid field, or undefined. All rules about the content of a model file are here. */
export function validateModelFile(file: unknown): string | undefined {
  if (!isObject(file)) return 'not an object';
  const schema = findSchema(file);
  if (schema === undefined) return 'schema';
  return rules.find(([, isValid]) => !isValid(file, schema))?.[0];
}

function findSchema({ schema, format_version: version }: UncheckedFile): Schema | undefined {
  if (version !== 3) return Object.values(schemas).find(({ id }) => id === schema);
  try {
    return createSchema(schema);
  } catch (error) {
    if (error instanceof SchemaError) return undefined;
    throw error;
  }
}

/** In order: later rules rely on earlier ones. */
const rules: readonly Rule[] = [
  ['name', ({ name }) => typeof name === 'string' && /^(own\/)?[a-z0-9][a-z0-9-]*$/.test(name)],
  ['version', ({ name, version }) => typeof version === 'string' && versionPattern(name).test(version)],
  ['labels', ({ labels }, schema) => isSameList(labels, schema.labels)],
  ['features', ({ features }, schema) => isSameList(features, schema.features.map(({ name }) => name))],
  ['metric', ({ metric, scaling }, schema) => metric === 'euclidean' || (scaling === null && isBrayCurtis(metric, schema))],
  ['rule', ({ rule }) => rule === 'class-ratio' || rule === 'votes'],
  ['scaling', ({ scaling }, schema) => scaling === null || isScaling(scaling, schema)],
  ['training', ({ training }, schema) => isTraining(training, schema)],
  ['k', (file) => isIntegerBetween(file.k, 1, (file as unknown as ModelFile).training.rows.length)],
  ['calibration', ({ calibration, rule }) => (rule === 'votes' ? calibration === null : isCalibration(calibration))],
  ['alarm', ({ alarm }) => isObject(alarm) && isAtLeast(alarm.numerator, 0) && isPositive(alarm.denominator)],
  ['operating_points', ({ operating_points: points }) => isObject(points) && isProbability(points.default) && isProbability(points.sensitivity99)],
  ['conformal', (file) => (file.rule === 'votes' ? file.conformal === null : isConformal(file))],
  ['evaluation', ({ evaluation }) => isObject(evaluation)],
  ['novelty', ({ novelty, features }) => novelty === undefined || isNoveltyFile(novelty, (features as string[]).length)],
  ['drift', ({ drift }) => drift === undefined || isDriftLimits(drift)],
  ['format_version', ({ format_version: version, novelty, drift }) => version === 3 || version === (novelty === undefined && drift === undefined ? 1 : 2)],
  ['limits_of_use', ({ limits_of_use: limits }) => Array.isArray(limits) && limits.every((limit) => typeof limit === 'string')],
]; // prettier-ignore

/** Versions of tenants' own models count from 1. */
function versionPattern(name: unknown): RegExp {
  return (name as string).startsWith('own/') ? /^[1-9]\d{0,5}$/ : /^\d+\.\d+\.\d+$/;
}

/** Row numbers are stored in 32 bits. */
const MAX_ROW_NUMBER = 2 ** 31 - 1;

/** With grades, Bray-Curtis distances are exact fractions whose denominator is never 0. */
function isBrayCurtis(metric: unknown, schema: Schema): boolean {
  return metric === 'bray-curtis' && hasGrades(schema);
}

function isScaling(scaling: unknown, { features }: Schema): boolean {
  if (!isObject(scaling)) return false;
  const { center, scale } = scaling;
  return isNumberList(center, features.length) && isNumberList(scale, features.length) && scale.every(isPositive);
}

function isTraining(training: unknown, schema: Schema): boolean {
  if (!isObject(training) || typeof training.data_digest !== 'string') return false;
  const { rows, labels, samples } = training;
  if (
    !Array.isArray(rows) ||
    rows.length === 0 ||
    !isAscending(rows) ||
    !isIntegerBetween(rows[0], 1, MAX_ROW_NUMBER) ||
    !isIntegerBetween(rows.at(-1), 1, MAX_ROW_NUMBER)
  )
    return false;
  if (!isNumberList(labels, rows.length) || !isNumberList(samples, rows.length * schema.features.length)) return false;
  const hasBothClasses = labels.every((label) => label === 0 || label === 1) && new Set(labels).size === 2;
  return hasBothClasses && samples.every((value, index) => isInRange(value, index, schema));
}

function isInRange(value: number, index: number, { features }: Schema): boolean {
  const { min, max, integer } = features[index % features.length];
  return value >= min && value <= max && (!integer || Number.isInteger(value));
}

function isCalibration(calibration: unknown): boolean {
  if (!isObject(calibration) || !isObject(calibration.platt)) return false;
  const { slope, intercept } = calibration.platt;
  return isPositive(calibration.epsilon) && Number.isFinite(slope) && Number.isFinite(intercept);
}

function isConformal(file: UncheckedFile): boolean {
  if (!isObject(file.conformal)) return false;
  const { labels } = (file as unknown as ModelFile).training;
  const { benign, malignant } = file.conformal;
  const malignantCount = labels.filter((label) => label === 1).length;
  return isNumberList(benign, labels.length - malignantCount) && isNumberList(malignant, malignantCount);
}

function isObject(value: unknown): value is UncheckedFile {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumberList(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((entry) => Number.isFinite(entry));
}

function isSameList(value: unknown, expected: readonly string[]): boolean {
  return Array.isArray(value) && value.length === expected.length && value.every((entry, i) => entry === expected[i]);
}

function isAscending(rows: unknown[]): boolean {
  return rows.every((row, i) => Number.isInteger(row) && (i === 0 || (row as number) > (rows[i - 1] as number)));
}

function isAtLeast(value: unknown, limit: number): value is number {
  return Number.isFinite(value) && (value as number) >= limit;
}

function isPositive(value: unknown): value is number {
  return isAtLeast(value, 0) && value > 0;
}

function isProbability(value: unknown): boolean {
  return isAtLeast(value, 0) && value <= 1;
}

function isIntegerBetween(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && isAtLeast(value, min) && value <= max;
}
