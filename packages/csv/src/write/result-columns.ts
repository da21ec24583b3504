/** Columns that a result file adds after the input's own. */
export const RESULT_COLUMNS = [
  'row',
  'row_status',
  'predicted_class',
  'probability_malignant',
  'outcome',
  'reason',
  'missing_features',
  'model',
  'error_code',
  'error_detail',
] as const;

/** Columns added after the input's own in the file of rows that two models classify differently. */
export const CHANGE_COLUMNS = [
  'row',
  'predicted_class',
  'probability_malignant',
  'model',
  'previous_class',
  'previous_probability_malignant',
  'previous_model',
] as const;

/** Prefixes each added column with `cytoqueue_`, repeatedly if needed, until it differs from every input column. */
export function uniqueColumnNames(added: readonly string[], inputColumns: readonly string[]): string[] {
  const taken = new Set(inputColumns);
  return added.map((column) => {
    let name = column;
    while (taken.has(name)) name = `cytoqueue_${name}`;
    return name;
  });
}
