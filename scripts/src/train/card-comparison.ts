import { formatScore, markdownTable } from '@cytoqueue/training';
import type { CandidateName, GridEntry, TrainingReport } from './report';

const MAX_CHOSEN_LISTED = 3;

/**
 * Nested cross-validation: selecting the candidate within each fold shows the optimism of having selected one at all.
 */
export function compareNested({ nested }: TrainingReport): string {
  const rows = nested.map(({ family, cv, chosen }) => [
    family,
    formatScore(cv.accuracy),
    formatScore(cv.sensitivity),
    formatScore(cv.auc),
    formatScore(cv.brier),
    formatScore(cv.log_loss),
    chosen
      .slice(0, MAX_CHOSEN_LISTED)
      .map((candidate) => `${describe(candidate)} (${candidate.times})`)
      .join('; '),
  ]);
  const heading =
    'Nested cross-validation: each fold selects a candidate by the leave-one-id-out Brier score of its train rows:';
  return `${heading}\n\n${markdownTable(['selected from', 'accuracy', 'sensitivity', 'AUC', 'Brier', 'log loss', 'most often selected'], rows)}`;
}

/** Each metric, scaling and rule at k = 5 and at its best k; `evaluation.json` has all values of k. */
export function compareGrid({ grid }: TrainingReport): string {
  const series = new Map<string, GridEntry[]>();
  for (const entry of grid) {
    const key = `${entry.metric} ${entry.scaling} ${entry.rule}`;
    series.set(key, [...(series.get(key) ?? []), entry]);
  }
  const rows = [...series.values()].flatMap((entries) => {
    const usable = entries.filter(({ brier }) => brier !== null);
    const atFive = usable.find(({ k }) => k === 5);
    if (atFive === undefined) return [];
    const best = usable.reduce((lowest, entry) => (Number(entry.brier) < Number(lowest.brier) ? entry : lowest));
    return [
      [
        `${atFive.metric}, ${atFive.scaling}, ${atFive.rule}`,
        ...cells(atFive),
        String(best.k),
        formatOptional(best.accuracy),
        formatOptional(best.brier),
      ],
    ];
  });
  const header = [
    'metric, scaling, rule',
    'accuracy',
    'sensitivity',
    'AUC',
    'Brier',
    'log loss',
    'best k by Brier',
    'accuracy at that k',
    'Brier at that k',
  ];
  return `At k = 5, and at the k with the lowest Brier score in this comparison (an optimistic choice); \`evaluation.json\` has every k:\n\n${markdownTable(header, rows)}`;
}

function cells({ accuracy, sensitivity, auc, brier, log_loss }: GridEntry): string[] {
  return [accuracy, sensitivity, auc, brier, log_loss].map(formatOptional);
}

function formatOptional(value: number | null): string {
  return value === null ? '' : formatScore(value);
}

function describe({ metric, scaling, rule, k }: CandidateName): string {
  return `${metric} ${scaling} ${rule} k = ${k}`;
}
