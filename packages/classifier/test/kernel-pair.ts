import { createKernel } from '../src/kernel/create-kernel';
import { type Kernel, type KernelModel, FAR } from '../src/kernel/kernel';
import type { MetricName, RuleName } from '../src/model/model-file';
import { ReferenceKnn } from '../src/knn/reference-knn';

export interface Row {
  readonly sample: readonly number[];
  readonly label: number;
}

/** A kernel and the reference that it must equal. */
export interface KernelPair {
  readonly kernel: Kernel;
  readonly reference: ReferenceKnn;
  readonly featureCount: number;
}

export function createModel(rows: readonly Row[], metric: MetricName, rule: RuleName, k: number): KernelModel {
  const training = {
    rows: rows.length,
    featureCount: rows[0].sample.length,
    samples: Float64Array.from(rows.flatMap(({ sample }) => sample)),
    labels: Uint8Array.from(rows, ({ label }) => label),
    trainingRows: Int32Array.from(rows, (_, row) => row + 1),
  };
  return { training, file: { metric, rule, k, scaling: null, alarm: { numerator: 1, denominator: 4 } } };
}

export function createKernelPair(model: KernelModel): KernelPair {
  return { kernel: createKernel(model), reference: new ReferenceKnn(model), featureCount: model.training.featureCount };
}

/**
 * Expects that each sample the kernel answers has the reference's result to the last bit.
 * @returns how many samples the kernel answered
 */
export function expectEqualToReference(
  { kernel, reference, featureCount }: KernelPair,
  samples: readonly (readonly number[])[],
): number {
  const values = Float64Array.from(samples.flat());
  kernel.scoreBlock(values, 0, samples.length);
  const answered = Array.from(samples.keys()).filter((row) => kernel.status[row] <= FAR);
  for (const row of answered) {
    const { benignScore, malignantScore, isFar } = reference.score(values, row * featureCount);
    const expected = [benignScore, malignantScore, isFar];
    expect([kernel.benign[row], kernel.malignant[row], kernel.status[row] === FAR]).toEqual(expected);
  }
  return answered.length;
}
