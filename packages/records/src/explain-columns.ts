import type { Schema } from '@cytoqueue/schema';

/**
 * Names of the evidence columns that follow the result columns of a batch with `explain=true`. Lists within a cell are joined by
 * `;`. Shapley values belong to features, or to quantities if the schema has several statistics per quantity.
 */
export function explainColumns({ features }: Schema): string[] {
  const players = new Set(features.map(({ name, quantity = name }) => quantity));
  const fixed = ['nearest_rows', 'nearest_classes', 'nearest_distances', 'conformal_set', 'flip', 'shapley_base'];
  return [...fixed, ...[...players].map((name) => `shapley_${name}`)];
}
