import type { Samples } from '../knn/search';
import type { TrainingSet } from '../model/model';
import type { ModelFile } from '../model/model-file';

/** Largest number of samples in one call of a kernel. */
export const BLOCK_ROWS = 1024;

/** Status of a sample after a kernel ran; `assembly/` uses the same numbers. */
const ANSWERED = 0;
/** Answered, and the k-th nearest row is beyond the model's far limit. */
export const FAR = 1;
/** This status and all greater ones: the reference must answer. */
export const MISSING = 2;
export const OUT_OF_RANGE = 3;
const NO_KERNEL = 4;
export const STATUS_COUNT = 5;

/** Why a model has no kernel. */
export type NoKernelReason =
  | 'disabled'
  | 'no-simd'
  | 'unsupported-metric'
  | 'too-many-neighbors'
  | 'too-many-rows'
  | 'too-many-features';

/** Parts of a model that a kernel needs. */
export interface KernelModel {
  readonly training: TrainingSet;
  readonly file: Pick<ModelFile, 'metric' | 'rule' | 'k' | 'scaling' | 'alarm'>;
}

/**
 * Scores blocks of samples. `status` says per sample whether the kernel answered; an answer equals that of
 * `ReferenceKnn` to the last bit. Output arrays hold one entry per sample of the block.
 */
export interface Kernel {
  readonly name: 'integer' | 'decimal' | NoKernelReason;
  readonly status: Uint8Array;
  /** Per class: the mean distance to its k nearest rows, or its votes, as the model's rule needs. */
  readonly benign: Float64Array;
  readonly malignant: Float64Array;
  /** Distinct training rows ranked exactly, summed over all samples so far. */
  readonly candidates: number;
  /** Searches without a bound, which ranked all training rows. */
  readonly fullScans: number;
  /** @param samples row-major; scores `count` of them (at most `BLOCK_ROWS`) starting with sample `first` */
  scoreBlock(samples: Samples, first: number, count: number): void;
}

/** Leaves all samples to the reference. */
export class NoKernel implements Kernel {
  readonly status = new Uint8Array(BLOCK_ROWS).fill(NO_KERNEL);
  readonly benign = new Float64Array(0);
  readonly malignant = new Float64Array(0);
  readonly candidates = 0;
  readonly fullScans = 0;

  constructor(readonly name: NoKernelReason) {}

  scoreBlock(): void {}
}

/** Number of samples that `predictInto` answered by each route since the classifier was created. */
export interface RoutingCounts {
  /** Name of the kernel, or the reason why there is none. */
  readonly kernel: Kernel['name'];
  readonly answeredByKernel: number;
  /** Samples answered by the reference, by reason. */
  readonly missing: number;
  readonly outOfRange: number;
  readonly withoutKernel: number;
  /** As `Kernel.candidates`. */
  readonly candidates: number;
  /** As `Kernel.fullScans`. */
  readonly fullScans: number;
}

export function countRouting({ name, candidates, fullScans }: Kernel, countsByStatus: Float64Array): RoutingCounts {
  return {
    kernel: name,
    answeredByKernel: countsByStatus[ANSWERED] + countsByStatus[FAR],
    missing: countsByStatus[MISSING],
    outOfRange: countsByStatus[OUT_OF_RANGE],
    withoutKernel: countsByStatus[NO_KERNEL],
    candidates,
    fullScans,
  };
}
