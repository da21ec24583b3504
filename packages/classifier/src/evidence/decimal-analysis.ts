import type { RecordAnalysis } from './evidence';
import { computeCoalitionValues, sampleShapleyValues, shapleyValues } from './shapley';
import { createToProbability, type ToProbability, voteShare } from '../knn/probability';
import { ClassNeighbors } from '../knn/nearest';
import { BruteForceSearch } from '../knn/search';
import type { Model } from '../model/model';

/** Additive parts of the distance fractions, computed from one player's features only. */
type DistanceTerms = readonly Float64Array[];

/**
 * Analysis in double precision, of decimals and of grades that `IntegerAnalysis` does not take, with either metric. The
 * statistics of one quantity form one Shapley player: 30 features would make a billion coalitions, 10 quantities make
 * 1024. Where there are still too many coalitions or training rows, Shapley values are sampled. No flip is searched:
 * decimals have no next value, and many grades have too many changes.
 */
export class DecimalAnalysis implements RecordAnalysis {
  readonly allPlayerNames: readonly string[];
  private readonly search: BruteForceSearch;
  /** Views of the search's distances. */
  private readonly distanceTerms: DistanceTerms;
  private readonly neighborhood: ClassNeighbors;
  private readonly toProbability: ToProbability;
  private sample: Float64Array = new Float64Array(0);

  constructor(
    private readonly model: Model,
    private readonly maxComparisons: number,
  ) {
    const { metric, scaling, k } = model.file;
    this.search = new BruteForceSearch(model.training, metric, scaling);
    this.distanceTerms = this.search.metric.additiveParts.map((part) => this.search.distances[part]);
    this.neighborhood = new ClassNeighbors(k);
    this.toProbability = createToProbability(model.file);
    this.allPlayerNames = [...new Set(model.schema.features.map(({ name, quantity = name }) => quantity))];
  }

  setSample(sample: Float64Array): void {
    this.sample = sample;
  }

  playerNames(): readonly string[] {
    return this.allPlayerNames.filter((name) => this.featuresOf(name).length > 0);
  }

  shapleyValues(emptyValue: number, probability: number) {
    const terms = this.playerNames().map((name) => this.termsOf(this.featuresOf(name)));
    const players = terms.length;
    const { distanceTerms } = this;
    const { rows } = this.model.training;
    if (2 ** players * rows > this.maxComparisons) {
      const orders = Math.floor(this.maxComparisons / (players * rows));
      const game = {
        players,
        clear: () => distanceTerms.forEach((sum) => sum.fill(0)),
        add: (player: number) => {
          addTerms(distanceTerms, terms[player], distanceTerms);
          return this.probabilityOfDistances();
        },
      };
      return { values: sampleShapleyValues(game, orders, emptyValue, probability), isExact: false };
    }
    const partialSums = terms.map(() => distanceTerms.map(() => new Float64Array(rows)));
    const game = {
      players,
      coalitionValue: (depth: number, player: number) => {
        addTerms(partialSums[depth], terms[player], distanceTerms);
        return this.probabilityOfDistances();
      },
      addPlayer: (depth: number, player: number) => addTerms(partialSums[depth], terms[player], partialSums[depth + 1]),
    };
    const values = computeCoalitionValues(game, emptyValue);
    // Differs by rounding only; use the probability of predict, so that the contributions sum to it.
    values[values.length - 1] = probability;
    return { values: shapleyValues(values), isExact: true };
  }

  probabilityWith(features: readonly number[], values: readonly number[]): number {
    const sample = this.sample.slice();
    features.forEach((feature, index) => (sample[feature] = values[index]));
    this.search.computeDistances(sample, 0);
    return this.probabilityOfDistances();
  }

  findFlip(): null {
    return null;
  }

  private probabilityOfDistances(): number {
    const { search, neighborhood, toProbability } = this;
    const { benign, malignant, all } = neighborhood.selectFrom(search.distances, search.rowsByLabel);
    if (this.model.file.rule === 'votes') return voteShare(search.distances, search.rowsByLabel, all);
    return toProbability(search.meanDistance(benign), search.meanDistance(malignant));
  }

  /** Measured features of one quantity. */
  private featuresOf(player: string): number[] {
    const { features } = this.model.schema;
    return features.flatMap(({ name, quantity = name }, feature) =>
      quantity === player && !Number.isNaN(this.sample[feature]) ? [feature] : [],
    );
  }

  private termsOf(features: readonly number[]): DistanceTerms {
    const { search, sample } = this;
    search.computeDistances(
      sample.map((value, feature) => (features.includes(feature) ? value : NaN)),
      0,
    );
    return this.distanceTerms.map((part) => part.slice());
  }
}

function addTerms(a: DistanceTerms, b: DistanceTerms, out: DistanceTerms): void {
  out.forEach((sum, part) => addArrays(a[part], b[part], sum));
}

function addArrays(a: Float64Array, b: Float64Array, out: Float64Array): void {
  for (let row = 0; row < out.length; row++) out[row] = a[row] + b[row];
}
