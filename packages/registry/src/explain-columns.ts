import { Explainer, type Model } from '@cytoqueue/classifier';

/** What follows the result columns of a batch that asked for evidence. Lists within a cell are joined by `;`. */
export function explainColumns(model: Model): string[] {
  const shapley = new Explainer(model).shapleyNames.map((name) => `shapley_${name}`);
  return ['nearest_rows', 'nearest_classes', 'nearest_distances', 'conformal_set', 'flip', 'shapley_base', ...shapley];
}
