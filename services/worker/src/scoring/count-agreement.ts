import type { PredictionColumns } from '@cytoqueue/classifier';
import type { AgreementCounts, ConfusionMatrix } from '@cytoqueue/records';
import { NO_LABEL } from '@cytoqueue/samples';
import type { Label } from '@cytoqueue/schema';

/** Compares the known classes of a shard's scored rows with the model's answers. */
export function countAgreement(labels: Uint8Array, { label, reasonFlags }: PredictionColumns): AgreementCounts {
  // Counted without branches, which no processor could predict: by known class, predicted class and whether
  // indeterminate.
  const counts = new Uint32Array(4 * (NO_LABEL + 1));
  for (let sample = 0; sample < labels.length; sample++)
    counts[4 * labels[sample]! + 2 * label[sample]! + Number(reasonFlags[sample] !== 0)]!++;
  const countOf = (known: Label, predicted: Label, indeterminates: 0 | 1) =>
    counts[4 * known + 2 * predicted + indeterminates] ?? 0;
  const confident = matrixOf((known, predicted) => countOf(known, predicted, 0));
  return { ...matrixOf((...cell) => countOf(...cell, 0) + countOf(...cell, 1)), confident };
}

function matrixOf(count: (known: Label, predicted: Label) => number): ConfusionMatrix {
  return {
    true_positive: count(1, 1),
    false_negative: count(1, 0),
    true_negative: count(0, 0),
    false_positive: count(0, 1),
  };
}
