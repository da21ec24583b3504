import { computeFigures } from '../confirmations/figures';
import { DayTotals } from './day-totals';
import { toPeriod } from './period';

const SECOND = Date.UTC(2026, 5, 1, 12);
const model = { name: 'wbc-knn', version: '1.0.0', digest: 'x' };

test('answers are added up by second, those of earlier documents with exact times too', () => {
  const totals = new DayTotals({ answers: [[SECOND + 1, 'wbc-knn@1.0.0', 'default', 1, 2]], histograms: {} });
  for (const ms of [0, 500, 999, 1_000]) {
    const created_at = new Date(SECOND + ms).toISOString();
    totals.addAnswers({ created_at, model }, 'default', { succeeded: 3, indeterminate: 1 });
  }
  const { answers } = totals.toDocument();
  expect(answers).toEqual([
    [SECOND, 'wbc-knn@1.0.0', 'default', 7, 5],
    [SECOND + 1_000, 'wbc-knn@1.0.0', 'default', 2, 1],
  ]);
  const predicted = (from: number, to: number) => {
    const [start, end] = [new Date(from).toISOString(), new Date(to).toISOString()];
    return computeFigures([], answers, toPeriod({ from: start, to: end }))[0]?.predicted;
  };
  expect(predicted(SECOND + 700, SECOND + 1_700)).toBe(12);
  expect(predicted(SECOND + 1_700, SECOND + 2_700)).toBe(3);
});
