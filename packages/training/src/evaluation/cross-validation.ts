import { type Candidate, scoreCandidate } from './candidate';
import { assignFolds } from './folds';
import { createRandom } from '@cytoqueue/classifier';
import { distanceMatrix, type DistanceConfig } from './distance-configs';
import { type EvaluationData, type Split, type SplitStatistics, summarizeSplit } from './split-statistics';

export interface CrossValidationOptions {
  readonly folds: number;
  readonly repetitions: number;
  readonly seed: number;
  /** Sets of candidates; within each split one candidate of each set is selected. */
  readonly families?: readonly ((candidate: Candidate) => boolean)[];
  /** Called after each fold with the completed share. */
  readonly onProgress?: (done: number) => void;
}

/** Out-of-fold predictions of one candidate: per repetition one entry per row. */
export interface CandidatePredictions {
  readonly candidate: Candidate;
  readonly probabilities: readonly Float64Array[];
  /** Conformal p-values by class, if the candidate has `conformal`. */
  readonly pValues: readonly (readonly [benign: Float64Array, malignant: Float64Array])[];
}

/** Out-of-fold predictions of the candidates that each split selected from its train rows. */
export interface NestedPredictions {
  readonly probabilities: readonly Float64Array[];
  /** Number of splits that selected each candidate. */
  readonly chosen: ReadonlyMap<Candidate, number>;
}

export interface CrossValidation {
  readonly predictions: readonly CandidatePredictions[];
  /** By family, in the order of the options. */
  readonly nested: readonly NestedPredictions[];
}

/**
 * Repeated stratified cross-validation by group. Scaling, ε and calibration are fitted to the train rows of a split
 * only. `nested` also selects the candidate within the split, by the leave-one-group-out Brier score of the train rows.
 */
export function crossValidate(
  data: EvaluationData,
  candidates: readonly Candidate[],
  options: CrossValidationOptions,
): CrossValidation {
  const { folds, repetitions, families = [], onProgress } = options;
  const predictions = candidates.map((candidate) =>
    createCandidatePredictions(candidate, repetitions, data.training.rows),
  );
  const selections = families.map(
    (family) =>
      new NestedSelection(
        predictions.filter(({ candidate }) => family(candidate)),
        repetitions,
      ),
  );
  const distanceCache = new DistanceCache(data, Math.max(...candidates.map(({ k }) => k)));
  let foldsDone = 0;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const split of createSplits(data, options, repetition)) {
      const trainBriers = predictSplit(predictions, distanceCache, split, repetition);
      for (const selection of selections) selection.choose(trainBriers, split, repetition);
      onProgress?.(++foldsDone / (repetitions * folds));
    }
  }
  return { predictions, nested: selections };
}

/** The predictions of a single candidate. */
export function crossValidateOne(
  data: EvaluationData,
  candidate: Candidate,
  options: CrossValidationOptions,
): CandidatePredictions {
  return crossValidate(data, [candidate], options).predictions[0];
}

/** Splits of one repetition. They depend only on the seed and the number of the repetition. */
export function createSplits(
  { training, groups }: EvaluationData,
  { folds, seed }: Pick<CrossValidationOptions, 'folds' | 'seed'>,
  repetition: number,
): Split[] {
  const foldOfRow = assignFolds(training.labels, groups, folds, createRandom(seed * 1_000_003 + repetition));
  const allRows = groups.map((_, row) => row);
  return Array.from({ length: folds }, (_, fold): Split => ({
    train: allRows.filter((row) => foldOfRow[row] !== fold),
    test: allRows.filter((row) => foldOfRow[row] === fold),
  }));
}

/** @returns the Brier score of each candidate on the train rows */
function predictSplit(
  predictions: readonly CandidatePredictions[],
  distanceCache: DistanceCache,
  split: Split,
  repetition: number,
): Map<Candidate, number> {
  const trainBriers = new Map<Candidate, number>();
  let [statistics, distanceConfig]: [SplitStatistics | undefined, DistanceConfig | undefined] = [undefined, undefined];
  for (const { candidate, probabilities, pValues } of predictions) {
    if (statistics === undefined || distanceConfig !== candidate.distanceConfig)
      [statistics, distanceConfig] = [
        distanceCache.statisticsFor(candidate.distanceConfig, split),
        candidate.distanceConfig,
      ];
    const score = scoreCandidate(candidate, statistics);
    trainBriers.set(candidate, score.trainBrier);
    split.test.forEach((row, index) => {
      probabilities[repetition][row] = score.probabilities[index];
      if (score.pValues === undefined) return;
      pValues[repetition][0][row] = score.pValues[0][index];
      pValues[repetition][1][row] = score.pValues[1][index];
    });
  }
  return trainBriers;
}

/** Selects a candidate of one family in each split. */
class NestedSelection implements NestedPredictions {
  readonly probabilities: readonly Float64Array[];
  readonly chosen = new Map<Candidate, number>();

  constructor(
    private readonly family: readonly CandidatePredictions[],
    repetitions: number,
  ) {
    const rows = family[0].probabilities[0].length;
    this.probabilities = Array.from({ length: repetitions }, () => new Float64Array(rows));
  }

  choose(trainBriers: ReadonlyMap<Candidate, number>, { test }: Split, repetition: number): void {
    const brierOf = ({ candidate }: CandidatePredictions) => trainBriers.get(candidate) || Infinity;
    const best = this.family.reduce((one, other) => (brierOf(other) < brierOf(one) ? other : one));
    for (const row of test) this.probabilities[repetition][row] = best.probabilities[repetition][row];
    this.chosen.set(best.candidate, (this.chosen.get(best.candidate) ?? 0) + 1);
  }
}

/**
 * Distances of raw values are cached, because they are the same in every split; scaled ones depend on the train rows.
 */
class DistanceCache {
  private readonly rawDistances = new Map<DistanceConfig, Float64Array>();

  constructor(
    private readonly data: EvaluationData,
    private readonly maxK: number,
  ) {}

  statisticsFor(distanceConfig: DistanceConfig, split: Split): SplitStatistics {
    return summarizeSplit(this.distances(distanceConfig, split), this.data, split, this.maxK);
  }

  private distances(distanceConfig: DistanceConfig, { train }: Split): Float64Array {
    const { training } = this.data;
    if (distanceConfig.scaling !== 'raw') return distanceMatrix(distanceConfig, training, train);
    let distances = this.rawDistances.get(distanceConfig);
    if (distances === undefined) {
      distances = distanceMatrix(distanceConfig, training, train);
      this.rawDistances.set(distanceConfig, distances);
    }
    return distances;
  }
}

function createCandidatePredictions(candidate: Candidate, repetitions: number, rows: number): CandidatePredictions {
  const column = () => new Float64Array(rows);
  const pairs = () => [column(), column()] as const;
  return {
    candidate,
    probabilities: Array.from({ length: repetitions }, column),
    pValues: candidate.conformal ? Array.from({ length: repetitions }, pairs) : [],
  };
}
