/**
 * Columns that a result file adds after the input's own.
 * @param probability name of the column with the probability of the positive class
 */
export const resultColumns = (probability: string) => [
  'row',
  'row_status',
  'predicted_class',
  probability,
  'outcome',
  'reason',
  'missing_features',
  'model',
  'error_code',
  'error_detail',
];

/** Columns added after the input's own in the file of rows that two models classify differently. */
export const changeColumns = (probability: string) => [
  'row',
  'predicted_class',
  probability,
  'model',
  'previous_class',
  `previous_${probability}`,
  'previous_model',
];

/** Prefixes each added column with `cytoqueue_`, repeatedly if needed, until it differs from every input column. */
export function uniqueColumnNames(added: readonly string[], inputColumns: readonly string[]): string[] {
  const taken = new Set(inputColumns);
  return added.map((column) => {
    let name = column;
    while (taken.has(name)) name = `cytoqueue_${name}`;
    return name;
  });
}
