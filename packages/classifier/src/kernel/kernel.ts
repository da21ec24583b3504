import type { TrainingSet } from '../model/model';
import type { ModelFile } from '../model/model-file';
import type { Samples } from '../knn/search';

/** Samples that a kernel takes at once. */
export const BLOCK_ROWS = 1024;

/** What became of a sample in a kernel; these numbers stand in `assembly/` too. */
export const ANSWERED = 0;
/** Answered; and the k-th nearest of all is beyond the alarm distance. */
export const UNUSUAL = 1;
/** From here on for the reference to answer. */
export const MISSING = 2;
export const OUT_OF_RANGE = 3;
export const NO_KERNEL = 4;
export const STATUS_COUNT = 5;

/** Why a model has no kernel. */
export type NoKernelReason =
  | 'disabled'
  | 'no-simd'
  | 'unsupported-metric'
  | 'too-many-neighbors'
  | 'too-many-rows'
  | 'too-many-features';

/** What a kernel needs to know of a model. */
export interface KernelModel {
  readonly training: TrainingSet;
  readonly file: Pick<ModelFile, 'metric' | 'rule' | 'k' | 'scaling' | 'alarm'>;
}

/**
 * Measures blocks of samples as `Reference` does one, to the last bit, or says that it did not. Columns hold one entry
 * per sample of the block.
 */
export interface Kernel {
  readonly name: 'integer' | 'float' | NoKernelReason;
  readonly status: Uint8Array;
  /** What the model's rule needs of each class: the mean distance to its k nearest rows, or its votes. */
  readonly benign: Float64Array;
  readonly malignant: Float64Array;
  /** Distinct training rows that were ranked exactly, of all samples so far. */
  readonly candidates: number;
  /** Searches in which no bound was found, so that all training rows were ranked. */
  readonly fullScans: number;
  /** @param samples row-major; `count` of them, at most `BLOCK_ROWS`, are taken from the sample `first` on */
  scoreBlock(samples: Samples, first: number, count: number): void;
}

/** Leaves every sample to the reference. */
export class NoKernel implements Kernel {
  readonly status = new Uint8Array(BLOCK_ROWS).fill(NO_KERNEL);
  readonly benign = new Float64Array(0);
  readonly malignant = new Float64Array(0);
  readonly candidates = 0;
  readonly fullScans = 0;

  constructor(readonly name: NoKernelReason) {}

  scoreBlock(): void {}
}
