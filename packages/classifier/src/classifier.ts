import type { Label } from '@cytoqueue/schema';
import { createKernel } from './kernel/create-kernel';
import {
  BLOCK_ROWS,
  countRouting,
  type Kernel,
  NoKernel,
  type RoutingCounts,
  STATUS_COUNT,
  FAR,
} from './kernel/kernel';
import { createToProbability, type ToProbability } from './knn/probability';
import type { NearestRows } from './knn/nearest';
import { GREY_ZONE, isGreyZone, reasonText, UNUSUAL_RECORD } from './knn/reasons';
import { ReferenceKnn, type ClassScores } from './knn/reference-knn';
import type { Samples } from './knn/search';
import { type Model, parseModel } from './model/model';
import type { OperatingPoint } from './model/model-file';
import { Novelty } from './novelty/novelty';

export interface PredictOptions {
  /** Threshold at which a sample is classified as malignant; `default` when omitted. */
  readonly operatingPoint?: OperatingPoint;
}

/** A training row that a prediction is based on. */
export interface Neighbor {
  /** 1-based data row of the training file. */
  readonly trainingRow: number;
  readonly label: Label;
  readonly distance: number;
  /** Raw values in the schema's order. */
  readonly features: number[];
}

export interface Prediction {
  readonly label: Label;
  /** Probability of malignancy, 0 to 1. */
  readonly probability: number;
  /** Bit set of `GREY_ZONE` and `UNUSUAL_RECORD`; 0 when confident. */
  readonly reasonFlags: number;
  /** The same reasons as sentences for a clinician. */
  readonly reasons: readonly string[];
  /** The k nearest training rows of both classes together, nearest first. */
  readonly neighbors: Neighbor[];
  /**
   * Scores of the classes, from which the probability is computed, and whether the sample is far. By the model's rule a
   * score is a mean distance (the class with the smaller one is closer) or a number of votes.
   */
  readonly classScores: ClassScores;
}

/** Output buffers of `predictInto`, supplied by the caller; each holds at least one entry per sample. */
export interface PredictionColumns {
  readonly probability: Float64Array;
  readonly label: Uint8Array;
  readonly reasonFlags: Uint8Array;
}

export function createPredictionColumns(rows: number): PredictionColumns {
  return {
    probability: new Float64Array(rows),
    label: new Uint8Array(rows),
    reasonFlags: new Uint8Array(rows),
  };
}

/**
 * Exact k-nearest-neighbour classifier: it considers all training rows, ties go to the lower training row, and the same
 * sample and model give the same double on every machine. Owns scratch memory: use one instance per thread.
 */
export class Classifier {
  private readonly referenceKnn: ReferenceKnn;
  private readonly kernel: Kernel;
  private readonly toProbability: ToProbability;
  private readonly novelty: Novelty | undefined;
  private readonly samplesByStatus = new Float64Array(STATUS_COUNT);

  /**
   * @param options.kernel false to use only the reference implementation, which is the specification and much slower
   */
  constructor(
    readonly model: Model,
    { kernel = true }: { readonly kernel?: boolean } = {},
  ) {
    this.referenceKnn = new ReferenceKnn(model);
    this.kernel = kernel ? createKernel(model) : new NoKernel('disabled');
    this.toProbability = createToProbability(model.file);
    this.novelty = model.file.novelty && new Novelty(model.file.novelty);
  }

  /** @throws ModelFileError */
  static load(bytes: Uint8Array): Classifier {
    return new Classifier(parseModel(bytes));
  }

  /**
   * @param sample one raw value per feature in the schema's order, NaN where not measured
   * @throws RangeError when the sample has the wrong length or no measured feature
   */
  predict(sample: ArrayLike<number>, options: PredictOptions = {}): Prediction {
    const { referenceKnn } = this;
    const values = this.checkSample(sample);
    const classScores = referenceKnn.score(values, 0);
    const probability = this.toProbability(classScores.benignScore, classScores.malignantScore);
    const reasonFlags = toReasonFlags(probability, classScores.isFar || this.isNovel(values, 0, probability));
    return {
      label: probability >= this.threshold(options) ? 1 : 0,
      probability,
      reasonFlags,
      reasons: reasonText(reasonFlags),
      neighbors: this.toNeighbors(referenceKnn.nearest),
      classScores,
    };
  }

  /**
   * Predicts `rows` samples into the caller's buffers without allocating memory per sample. Uses a kernel where there
   * is one. The results equal those of `predict` to the last bit.
   * @param samples row-major rows × features, raw values; not measured is 0 in a Uint8Array, NaN in a Float64Array
   * @param out its first `rows` entries are written: probability of malignancy, label and reason flags as in
   *   `Prediction`
   * @throws RangeError when a buffer is too short or a sample has no measured feature
   */
  predictInto(samples: Samples, rows: number, out: PredictionColumns, options: PredictOptions = {}): void {
    const { featureCount } = this.model.training;
    checkBuffers(samples, rows, featureCount, out);
    const threshold = this.threshold(options);
    for (let first = 0; first < rows; first += BLOCK_ROWS) {
      this.predictBlock(samples, first, Math.min(BLOCK_ROWS, rows - first), out, threshold);
    }
  }

  /**
   * The k nearest training rows of both classes together, nearest first, ties by the lower training row.
   * @throws RangeError unless k is a whole number from 1 to the number of training rows
   */
  kneighbors(sample: ArrayLike<number>, k: number): Neighbor[] {
    const { rows } = this.model.training;
    if (!Number.isInteger(k) || k < 1 || k > rows) throw new RangeError(`k must be a whole number from 1 to ${rows}`);
    return this.toNeighbors(this.referenceKnn.findNearest(this.checkSample(sample), k));
  }

  /** Number of samples that `predictInto` has answered by each route. */
  get routingCounts(): RoutingCounts {
    return countRouting(this.kernel, this.samplesByStatus);
  }

  private predictBlock(
    samples: Samples,
    first: number,
    count: number,
    out: PredictionColumns,
    threshold: number,
  ): void {
    const { kernel, referenceKnn, toProbability, samplesByStatus } = this;
    const { featureCount } = this.model.training;
    kernel.scoreBlock(samples, first, count);
    for (let i = 0; i < count; i++) {
      const row = first + i;
      const status = kernel.status[i];
      samplesByStatus[status]++;
      const score = status <= FAR ? undefined : referenceKnn.score(samples, row * featureCount);
      const probability =
        score === undefined
          ? toProbability(kernel.benign[i], kernel.malignant[i])
          : toProbability(score.benignScore, score.malignantScore);
      const isFar = score === undefined ? status === FAR : score.isFar;
      const isUnusual = isFar || this.isNovel(samples, row * featureCount, probability);
      writePrediction(out, row, probability, isUnusual, threshold);
    }
  }

  private isNovel(samples: Samples, at: number, probability: number): boolean {
    return this.novelty !== undefined && this.novelty.isNovel(samples, at, probability);
  }

  private toNeighbors(nearest: NearestRows): Neighbor[] {
    const { featureCount, labels, samples, trainingRows } = this.model.training;
    return Array.from(nearest.rows.subarray(0, nearest.count), (row, rank) => ({
      trainingRow: trainingRows[row],
      label: labels[row] as Label,
      distance: this.referenceKnn.distanceAt(nearest, rank),
      features: Array.from(samples.subarray(row * featureCount, (row + 1) * featureCount)),
    }));
  }

  private threshold({ operatingPoint = 'default' }: PredictOptions): number {
    return this.model.file.operating_points[operatingPoint];
  }

  private checkSample(sample: ArrayLike<number>): Float64Array {
    const { featureCount } = this.model.training;
    if (sample.length !== featureCount)
      throw new RangeError(`a sample has ${featureCount} features, not ${sample.length}`);
    return Float64Array.from(sample);
  }
}

function toReasonFlags(probability: number, isUnusual: boolean): number {
  return (isGreyZone(probability) ? GREY_ZONE : 0) | (isUnusual ? UNUSUAL_RECORD : 0);
}

function writePrediction(
  out: PredictionColumns,
  row: number,
  probability: number,
  isUnusual: boolean,
  threshold: number,
): void {
  out.probability[row] = probability;
  out.label[row] = probability >= threshold ? 1 : 0;
  out.reasonFlags[row] = toReasonFlags(probability, isUnusual);
}

function checkBuffers(samples: Samples, rows: number, featureCount: number, out: PredictionColumns): void {
  if (samples.length < rows * featureCount) throw new RangeError(`samples holds fewer than ${rows} rows`);
  const minLength = Math.min(out.probability.length, out.label.length, out.reasonFlags.length);
  if (minLength < rows) throw new RangeError(`a prediction column holds ${minLength} rows, ${rows} are needed`);
}
