import { type Schema, featureAt } from '@cytoqueue/schema';

/**
 * In the training data one benign case in ten has a grade in the upper half of the scale, and nearly every malignant
 * one has.
 */
const MIN_ROWS = 20;
/** Benign cases alone reach the middle of the scale in one or two features. */
const MIN_FEATURES_AT_HALF = 3;

/**
 * Describes grades that probably stand on another scale than the schema's: each is valid or nearly so, and scored too
 * low. Schemas whose features differ in range, as measurements do, have no common scale.
 * @param rows one value per feature, of the first part of a file; NaN where none can be read
 * @returns undefined where the schema's scale is plausible
 */
export function describeOtherScale(rows: readonly (readonly number[])[], schema: Schema): string | undefined {
  const { features } = schema;
  const { min, max } = featureAt(schema, 0);
  if (!features.every((feature) => feature.integer && feature.min === min && feature.max === max)) return undefined;
  const values = rows.flat().filter((value) => !Number.isNaN(value));
  const isMostlyGrades = values.length * 2 > rows.length * features.length;
  if (!isMostlyGrades) return undefined;
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  const scale = `The model expects grades from ${min} to ${max}; the first ${rows.length} rows have grades from ${least} to ${most}.`;
  if (least === min - 1 && most < max)
    return `${scale} If the file grades from ${min - 1} to ${max - 1}, add 1 to each grade: grades are scored as they stand.`;
  const atHalf = features.filter((_, feature) => rows.some((row) => row[feature] === max / 2)).length;
  if (rows.length >= MIN_ROWS && most === max / 2 && atHalf >= MIN_FEATURES_AT_HALF)
    return `${scale} If the file grades from ${min} to ${max / 2}, convert the grades: they are scored as they stand.`;
  return undefined;
}
