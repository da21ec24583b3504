import type { Model } from '../model';
import { Neighborhood } from '../nearest';
import { createRule, type Rule, voteShare } from '../rule';
import { Search } from '../search';
import type { Analysis } from './analysis';
import type { Game } from './coalitions';

/**
 * For Euclidean distances between decimals. The statistics of one quantity play together: 30 features would make a
 * billion coalitions, 10 quantities make 1024. Changes that flip the class are not searched: decimals have no next value.
 */
export class DecimalAnalysis implements Analysis {
  readonly allPlayerNames: readonly string[];
  private readonly search: Search;
  private readonly neighborhood: Neighborhood;
  private readonly rule: Rule;
  private sample: Float64Array = new Float64Array(0);

  constructor(private readonly model: Model) {
    const { metric, scaling, k } = model.file;
    this.search = new Search(model.training, metric, scaling);
    this.neighborhood = new Neighborhood(k);
    this.rule = createRule(model.file);
    this.allPlayerNames = [...new Set(model.schema.features.map(({ name, quantity = name }) => quantity))];
  }

  take(sample: Float64Array): void {
    this.sample = sample;
  }

  playerNames(): readonly string[] {
    return this.allPlayerNames.filter((name) => this.featuresOf(name).length > 0);
  }

  createGame(): Game {
    const squares = this.playerNames().map((name) => this.squaresOn(this.featuresOf(name)));
    const sums = squares.map(() => new Float64Array(this.model.training.rows));
    const { numerators } = this.search.distances;
    return {
      players: squares.length,
      worth: (depth, player) => {
        addDoubles(sums[depth], squares[player], numerators);
        return this.probabilityOfDistances();
      },
      join: (depth, player) => addDoubles(sums[depth], squares[player], sums[depth + 1]),
    };
  }

  probabilityWith(features: readonly number[], values: readonly number[]): number {
    const sample = this.sample.slice();
    features.forEach((feature, index) => (sample[feature] = values[index]));
    this.search.measure(sample, 0);
    return this.probabilityOfDistances();
  }

  findFlip(): null {
    return null;
  }

  private probabilityOfDistances(): number {
    const { search, neighborhood, rule } = this;
    const { benign, malignant, all } = neighborhood.select(search.distances, search.rowsByLabel);
    if (this.model.file.rule === 'votes') return voteShare(search.distances, search.rowsByLabel, all);
    return rule(search.meanDistance(benign), search.meanDistance(malignant));
  }

  /** Those of a quantity that were measured. */
  private featuresOf(player: string): number[] {
    const { features } = this.model.schema;
    return features.flatMap(({ name, quantity = name }, feature) =>
      quantity === player && !Number.isNaN(this.sample[feature]) ? [feature] : [],
    );
  }

  /** Squared distances to every training row on these features alone. */
  private squaresOn(features: readonly number[]): Float64Array {
    const { search, sample } = this;
    search.measure(sample.map((value, feature) => (features.includes(feature) ? value : NaN)), 0);
    return search.distances.numerators.slice();
  }
}

function addDoubles(a: Float64Array, b: Float64Array, out: Float64Array): void {
  for (let row = 0; row < out.length; row++) out[row] = a[row] + b[row];
}
