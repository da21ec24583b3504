import type { Schema } from '@cytoqueue/schema';

/** In the training data one benign case in ten has a grade in the upper half of the scale, and nearly every malignant one has. */
const MIN_DIFFERENT_ROWS = 30;

/**
 * Describes grades that probably stand on another scale than the schema's: each is valid or nearly so, and scored too low. Schemas
 * whose features differ in range, as measurements do, have no common scale.
 * @param rows one value per feature, of the first part of a file; NaN where none can be read
 * @returns undefined where the schema's scale is plausible
 */
export function describeOtherScale(rows: readonly (readonly number[])[], { features }: Schema): string | undefined {
  const [{ min, max }] = features;
  if (!features.every((feature) => feature.integer && feature.min === min && feature.max === max)) return undefined;
  const values = rows.flat().filter((value) => !Number.isNaN(value));
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const scale = `The model expects grades from ${min} to ${max}; the first ${rows.length} rows have grades from ${least} to ${most}.`;
  if (least === min - 1 && most < max)
    return `${scale} If the file grades from ${min - 1} to ${max - 1}, add 1 to each grade: grades are scored as they stand.`;
  const differentRows = new Set(rows.map((row) => row.join()));
  if (differentRows.size >= MIN_DIFFERENT_ROWS && most <= max / 2)
    return `${scale} If the file grades from ${min} to ${max / 2}, convert the grades: they are scored as they stand.`;
  return undefined;
}
