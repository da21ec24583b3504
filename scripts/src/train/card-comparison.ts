import { formatScore, markdownTable } from './markdown';
import type { CandidateName, GridEntry, TrainingReport } from './report';

const MAX_CHOSEN_LISTED = 3;

/** What comes of choosing anew in every fold: the honest price of having chosen at all. */
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
      .map((one) => `${describe(one)} (${one.times})`)
      .join('; '),
  ]);
  const words = 'Chosen anew in every fold, by the Brier score of its known rows seen by those of other ids:';
  return `${words}\n\n${markdownTable(['chosen among', 'accuracy', 'sensitivity', 'AUC', 'Brier', 'log loss', 'most often'], rows)}`;
}

/** Every metric, scaling and rule at its best k and at k = 5; all of k = 1..31 are in `evaluation.json`. */
export function compareGrid({ grid }: TrainingReport): string {
  const series = new Map<string, GridEntry[]>();
  for (const entry of grid) {
    const key = `${entry.metric} ${entry.scaling} ${entry.rule}`;
    series.set(key, [...(series.get(key) ?? []), entry]);
  }
  const rows = [...series.values()].flatMap((entries) => {
    const usable = entries.filter(({ brier }) => brier !== null);
    const five = usable.find(({ k }) => k === 5);
    if (five === undefined) return [];
    const best = usable.reduce((one, other) => (Number(other.brier) < Number(one.brier) ? other : one));
    return [
      [
        `${five.metric}, ${five.scaling}, ${five.rule}`,
        ...cells(five),
        String(best.k),
        show(best.accuracy),
        show(best.brier),
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
    'its accuracy',
    'its Brier',
  ];
  return `At k = 5, and at the k that this very comparison likes best (which flatters it); every k is in \`evaluation.json\`:\n\n${markdownTable(header, rows)}`;
}

function cells({ accuracy, sensitivity, auc, brier, log_loss }: GridEntry): string[] {
  return [accuracy, sensitivity, auc, brier, log_loss].map(show);
}

function show(value: number | null): string {
  return value === null ? '' : formatScore(value);
}

function describe({ metric, scaling, rule, k }: CandidateName): string {
  return `${metric} ${scaling} ${rule} k = ${k}`;
}
