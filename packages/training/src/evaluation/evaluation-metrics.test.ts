import fc from 'fast-check';
import { Evaluator } from './evaluation-metrics';

/** Probabilities in tenths, so that there are many ties and bin edges; both classes occur. */
const weightedRows = fc
  .array(
    fc.record({
      p: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
      label: fc.constantFrom(0, 1),
      weight: fc.nat(3),
    }),
    { minLength: 2, maxLength: 30 },
  )
  .filter((rows) => [0, 1].every((label) => rows.some((row) => row.label === label && row.weight > 0)));

const share = <T>(rows: readonly T[], has: (row: T) => boolean) => rows.filter(has).length / rows.length;

test('metrics equal their definitions, and weights count as repeated rows', () => {
  fc.assert(
    fc.property(weightedRows, (rows) => {
      const evaluator = new Evaluator(
        Float64Array.from(rows, ({ p }) => p),
        Uint8Array.from(rows, ({ label }) => label),
      );
      const metrics = evaluator.evaluate(rows.map(({ weight }) => weight));
      const all = rows.flatMap((row) => Array.from({ length: row.weight }, () => row));
      const [benign, malignant] = [0, 1].map((label) => all.filter((row) => row.label === label));
      const called = ({ p }: { p: number }) => p >= 0.5;
      const pairs = malignant.flatMap((m) => benign.map((b) => (m.p > b.p ? 1 : m.p === b.p ? 0.5 : 0)));
      const bins = Array.from({ length: 10 }, (_, bin) =>
        all.filter(({ p }) => Math.min(9, Math.floor(p * 10)) === bin),
      ).filter((bin) => bin.length > 0);
      const gap = (bin: typeof all) => Math.abs(bin.reduce((sum, { p, label }) => sum + p - label, 0));
      const hits = malignant.filter(called).length;
      const alarms = benign.filter(called).length;
      expect(metrics.accuracy).toBeCloseTo(
        share(all, (row) => called(row) === (row.label === 1)),
        12,
      );
      expect(metrics.sensitivity).toBeCloseTo(share(malignant, called), 12);
      expect(metrics.specificity).toBeCloseTo(1 - share(benign, called), 12);
      expect(metrics.jaccard_malignant).toBeCloseTo(hits / (malignant.length + alarms), 12);
      expect(metrics.jaccard_benign).toBeCloseTo(
        (benign.length - alarms) / (benign.length + malignant.length - hits),
        12,
      );
      expect(metrics.f1).toBeCloseTo((2 * hits) / (malignant.length + hits + alarms), 12);
      expect(metrics.auc).toBeCloseTo(pairs.reduce<number>((sum, pair) => sum + pair, 0) / pairs.length, 12);
      expect(metrics.brier).toBeCloseTo(all.reduce((sum, { p, label }) => sum + (p - label) ** 2, 0) / all.length, 12);
      expect(metrics.ece).toBeCloseTo(bins.reduce((sum, bin) => sum + gap(bin), 0) / all.length, 12);
    }),
  );
});

test('log loss and Matthews correlation equal values computed by hand', () => {
  const { log_loss, mcc } = new Evaluator(Float64Array.of(0.2, 0.6, 0.9, 0), Uint8Array.of(0, 0, 1, 1)).evaluate();
  expect(log_loss).toBeCloseTo((-Math.log(0.8) - Math.log(0.4) - Math.log(0.9) - Math.log(1e-6)) / 4, 12);
  expect(mcc).toBe(0);
  expect(new Evaluator(Float64Array.of(0.2, 0.6), Uint8Array.of(0, 1)).evaluate().mcc).toBe(1);
});

test('every metric is NaN where a fold has no answers', () => {
  const metrics = new Evaluator(Float64Array.of(0.2, NaN, 0.9, NaN), Uint8Array.of(0, 0, 1, 1)).evaluate();
  expect(new Set(Object.values(metrics))).toEqual(new Set([NaN]));
});
