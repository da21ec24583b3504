import { markdownTable, type NoveltyReport, type ShiftCounts } from '@cytoqueue/training';
import type { ModelReport } from './report';

/** Sections on records and files unlike the training data; none for versions that do not detect them. */
export function describeTrust({ novelty, drift, unlike_training: rules }: ModelReport): string[] {
  if (rules !== undefined) return ['## Records and files unlike the training data', describeOwnRules(rules)];
  if (novelty === undefined || drift === undefined) return [];
  return [
    '## Records unlike the training data',
    describeRule(novelty),
    tableOfShifts(novelty),
    'Confident answers and, after the stroke, wrong ones among them, by the share of its own class that the limits let pass (risk and coverage of each shift):',
    tableOfCurves(novelty),
    '## Files unlike the training data',
    VERDICTS,
    markdownTable(
      [
        'shift of the whole training file',
        'verdict',
        'cause named for most columns',
        'largest effect',
        'benign rows alone',
        'malignant rows alone',
        `${drift[0]?.excerpts} excerpts of 30 rows: differ, unlike`,
      ],
      drift.map((one) => [
        one.name,
        one.whole_file,
        one.cause ?? '',
        one.largest_effect.toFixed(2),
        one.benign_rows,
        one.malignant_rows,
        `${one.excerpts_differ}, ${one.excerpts_unlike}`,
      ]),
    ),
  ];
}

/** Describes the rules of a model of own data, whose rules are fitted and not measured. */
export function describeOwnRules({ fitted, reason }: NonNullable<ModelReport['unlike_training']>): string {
  return fitted
    ? 'The model has the rule for unusual records and the limits for verdicts on files, fitted to this file. How well they work was not measured.'
    : `The model knows neither unusual records by their values nor verdicts fitted to this file: ${reason}.`;
}

function describeRule({ folds, repetitions, least_kept: kept, chosen, shifts }: NoveltyReport): string {
  const [first] = shifts;
  if (first === undefined) throw new RangeError('the report has no shifts');
  const { by_neighbors: before, nested, rows } = first;
  const share = (count: number) => `${((100 * count) / rows).toFixed(1)} %`;
  const sensitivity = ({ confident_malignant: malignant, missed_malignant: missed }: ShiftCounts) =>
    ((malignant - missed) / malignant).toFixed(4);
  return [
    'A record is `unusual_record` when the distance to its fifth neighbour is beyond the limit of version 1.0.0, when a value lies a quarter',
    'beyond those of the training data, or when the record fits neither of the classes that its probability leaves open (benign up to .95,',
    'malignant from .05). It fits a class when the Mahalanobis distance of its logarithms from the class is within a limit and, where',
    'features are sizes, so is the magnification that explains them best. Each limit lets a share of the rows of the class pass, measured',
    'with the mean and covariance of the other rows. The evidence names values outside the training range, values that do not go together',
    'with the others and the values that would, and the magnification.',
    '',
    `The share was chosen in nested ${folds}-fold cross-validation by id, ${repetitions} times: by the fewest confidently wrong answers to shifted`,
    `records (marked *), if at least ${100 * kept} % of the confident answers to genuine ones stay. Chosen: ${chosen.map(({ quantile, times }) => `${quantile} (${times} times)`).join(', ')}.`,
    `Genuine records that are confident: ${share(before.confident)} by neighbours alone, ${share(nested.confident)} with the rule; sensitivity among them ${sensitivity(before)} and`,
    `${sensitivity(nested)}, with ${before.missed_malignant.toFixed(1)} and ${nested.missed_malignant.toFixed(1)} malignant records missed. Figures are means of the repetitions; no model has seen the records that it is asked for.`,
  ].join('\n');
}

function tableOfShifts({ shifts }: NoveltyReport): string {
  const rows = shifts.map(({ name, tuned, by_neighbors: before, nested }) => [
    `${name}${tuned ? ' *' : ''}`,
    ...[before.confident, before.wrong, nested.confident, nested.wrong].map((count) => count.toFixed(1)),
  ]);
  return markdownTable(
    [
      `${shifts[0]?.rows} records, shifted`,
      'confident by neighbours alone',
      'of these wrong',
      'confident with the rule',
      'of these wrong',
    ],
    rows,
  );
}

function tableOfCurves({ shifts }: NoveltyReport): string {
  const header = ['shift', ...(shifts[0]?.curve ?? []).map(({ quantile }) => String(quantile))];
  return markdownTable(
    header,
    shifts.map(({ name, curve }) => [
      name,
      ...curve.map(({ confident, wrong }) => `${confident.toFixed(0)} / ${wrong.toFixed(1)}`),
    ]),
  );
}

const VERDICTS = [
  'From 30 rows on, the values of a file are compared with the mixture of the two classes that fits it best, whatever that is: one mixture for',
  'all features, so that a file of benign records alone is no drift. The effect of a column is how far its values would have to be moved on',
  'average (Wasserstein distance) to be distributed as in that mixture, in standard deviations of the training data; of logarithms where',
  'features are measurements. By chance, effects of random excerpts reach a limit that is stored in the model file (bootstrap) and falls with',
  'the square root of the number of rows.',
  '',
  '- `like_training`: no column is beyond chance, or none by more than 0.25 standard deviations, and the mean effect is below 0.1.',
  '- `differs`: some column or the mean is beyond these, or the sizes are another magnification by more than 10 %. Compare with confirmed diagnoses.',
  '- `unlike_training`: a column is off by more than 1 standard deviation and 1.25 times what chance reaches, or the mean effect by more than 0.5, or',
  '  the magnification by more than 30 %, or another scale of grades (1 to 3, 4 or 5, 0 to 9, upside down) explains the file better than 1 to 10, or a',
  '  fifth of a column are tenfolds of grades. The answers mean nothing until the cause is found.',
].join('\n');
