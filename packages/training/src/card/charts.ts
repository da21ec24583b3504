import type { MetricValues } from '@cytoqueue/classifier';
import type { ClassNames } from '@cytoqueue/schema';
import type { Curves } from '../evaluation/curves';
import type { EvaluationMetrics } from '../evaluation/evaluation-metrics';
import { type Axis, Chart, drawTable } from './svg';

/** Results of a model's evaluation that the plots show. */
export interface ChartData {
  readonly cv: EvaluationMetrics;
  readonly curves: Curves;
  readonly leave_one_out: MetricValues;
}

/** Plots of a model card by file name. @param labels names of the classes, the positive one last */
export function drawCharts(name: string, data: ChartData, labels: ClassNames): Map<string, string> {
  return new Map([
    ['roc.svg', drawRoc(name, data)],
    ['reliability.svg', drawReliability(name, data, labels)],
    ['risk-coverage.svg', drawRiskCoverage(name, data)],
    ['confusion-matrix.svg', drawConfusion(name, data, labels)],
  ]);
}

const share = (title: string): Axis => ({
  title,
  from: 0,
  to: 1,
  ticks: [0, 0.25, 0.5, 0.75, 1],
  label: (tick) => `${tick * 100} %`,
});

function drawRoc(name: string, { curves, cv }: ChartData): string {
  return new Chart(`${name}: ROC curve`, share('false positive rate'), share('true positive rate (sensitivity)'))
    .line(
      [
        [0, 0],
        [1, 1],
      ],
      '#9aa5b1',
      '4 4',
    )
    .line(curves.roc.map((point) => [point.false_positive_rate, point.true_positive_rate] as const))
    .note([0.97, 0.06], `area ${cv.auc.toFixed(4)}`, 'end')
    .toString();
}

function drawReliability(name: string, { curves, cv }: ChartData, [, positive]: ClassNames): string {
  const chart = new Chart(
    `${name}: reliability`,
    share(positive === 'malignant' ? 'probability of malignancy' : `probability of ${positive}`),
    share(`share of ${positive} records`),
  );
  chart.line([[0, 0], [1, 1]], '#9aa5b1', '4 4'); // prettier-ignore
  const rows = curves.reliability.reduce((sum, bin) => sum + bin.rows, 0);
  chart.line(curves.reliability.map((bin) => [bin.mean_probability, bin.malignant_share] as const));
  for (const bin of curves.reliability)
    chart.dot([bin.mean_probability, bin.malignant_share], 3 + 10 * Math.sqrt(bin.rows / rows));
  return chart.note([0.97, 0.06], `expected calibration error ${cv.ece.toFixed(4)}`, 'end').toString();
}

function drawRiskCoverage(name: string, { curves }: ChartData): string {
  const highest = Math.max(0.01, ...curves.risk_coverage.map(({ risk }) => risk));
  const to = Math.ceil(highest * 100) / 100;
  const ticks = Array.from({ length: 5 }, (_, step) => (to * step) / 4);
  const risk: Axis = {
    title: 'error rate',
    from: 0,
    to,
    ticks,
    label: (tick) => `${(tick * 100).toFixed(2)} %`,
  };
  const coverage: Axis = {
    title: 'coverage: share of most certain records',
    from: 0.5,
    to: 1,
    ticks: [0.5, 0.6, 0.7, 0.8, 0.9, 1],
    label: (tick) => `${Math.round(tick * 100)} %`,
  };
  return new Chart(`${name}: risk and coverage`, coverage, risk)
    .line(curves.risk_coverage.map((point) => [point.coverage, point.risk] as const))
    .toString();
}

function drawConfusion(name: string, { leave_one_out: counts }: ChartData, [negative, positive]: ClassNames): string {
  const countOf = (key: string) => Number(counts[key]);
  const row = (truth: string, benign: number, malignant: number) => {
    const toCell = (value: number) => ({ value: String(value), shade: (0.8 * value) / (benign + malignant) });
    return { name: truth, cells: [toCell(benign), toCell(malignant)] };
  };
  return drawTable(
    `${name}: confusion matrix, leave-one-out`,
    [`predicted ${negative}`, `predicted ${positive}`],
    [
      row(negative, countOf('true_benign'), countOf('false_malignant')),
      row(positive, countOf('false_benign'), countOf('true_malignant')),
    ],
  );
}
