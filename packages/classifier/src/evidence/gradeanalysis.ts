import type { Label } from '@cytoqueue/schema';
import type { Model } from '../model';
import type { Analysis } from './analysis';
import type { Game } from './coalitions';
import { distinctRows } from './distinctrows';
import { classNames, type FlipEvidence } from './evidence';
import { FlipSearch } from './flip';
import { createGradeGame } from './gradegame';
import { createGradeRule, type GradeRule } from './graderule';
import type { GradeScale } from './gradescale';
import { add, Standing } from './standing';

/** For whole-number grades compared as they are. */
export class GradeAnalysis implements Analysis {
  private readonly standing: Standing;
  private readonly rule: GradeRule;
  private readonly flips: FlipSearch;
  private readonly scratch: Int32Array;
  private readonly more: Int32Array;

  constructor(
    private readonly model: Model,
    scale: GradeScale,
  ) {
    this.standing = new Standing(distinctRows(model.training), scale);
    this.rule = createGradeRule(model.file, scale);
    this.flips = new FlipSearch(this.standing, this.rule);
    this.scratch = new Int32Array(this.standing.sums.length);
    this.more = new Int32Array(this.standing.sums.length);
  }

  get allPlayerNames(): readonly string[] {
    return this.model.file.features;
  }

  take(sample: Float64Array): void {
    this.standing.take(sample);
  }

  playerNames(): readonly string[] {
    return this.standing.measured.map((feature) => this.model.file.features[feature]);
  }

  createGame(): Game {
    return createGradeGame(this.standing, this.rule);
  }

  probabilityWith(features: readonly number[], values: readonly number[]): number {
    const { standing, more, scratch, rule } = this;
    more.fill(0);
    features.forEach((feature, index) => {
      standing.partsOf(standing.columns[feature], values[index], scratch);
      add(more, scratch, more);
    });
    return rule.probability(standing.sums, more, standing);
  }

  findFlip(label: Label, threshold: number): FlipEvidence | null {
    const flip = this.flips.find(this.rule.verdict(label, threshold));
    if (flip === undefined) return null;
    const { sample } = this.standing;
    const changes = flip.changes.map(({ feature, to }) => ({ feature: this.model.file.features[feature], from: sample[feature], to }));
    return {
      changes,
      total_change: changes.reduce((total, { from, to }) => total + Math.abs(to - from), 0),
      predicted_class: classNames[label === 0 ? 1 : 0],
      probability_malignant: flip.probability,
    };
  }
}
