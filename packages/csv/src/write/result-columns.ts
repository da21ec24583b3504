/** What follows the input's own columns in a result file. */
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

/** What follows the input's own columns in a file of the rows whose class another model changes. */
export const CHANGE_COLUMNS = [
  'row',
  'predicted_class',
  'probability_malignant',
  'model',
  'previous_class',
  'previous_probability_malignant',
  'previous_model',
] as const;

/** `added`, each prefixed `cytoqueue_` as often as it takes to differ from every column that the input already has. */
export function uniqueColumnNames(added: readonly string[], inputColumns: readonly string[]): string[] {
  const taken = new Set(inputColumns);
  return added.map((column) => {
    let name = column;
    while (taken.has(name)) name = `cytoqueue_${name}`;
    return name;
  });
}
