import type { Label } from '@cytoqueue/schema';
import type { Model } from '../model';
import type { Analysis } from './analysis';
import type { Game } from './coalitions';
import { distinctRows } from './distinctrows';
import { classNames, type FlipEvidence } from './evidence';
import { FlipSearch } from './flip';
import { GradeGame } from './gradegame';
import { createGradeSearch } from './gradekernel';
import { createGradeRule, type GradeRule } from './graderule';
import type { GradeScale } from './gradescale';
import type { GradeSearch } from './nearestgrades';
import { Standing } from './standing';

/** For whole-number grades compared as they are. */
export class GradeAnalysis implements Analysis {
  private readonly search: GradeSearch;
  private readonly standing: Standing;
  private readonly rule: GradeRule;
  private readonly flips: FlipSearch;
  private readonly game: GradeGame;
  private readonly scratch: Int32Array;
  private readonly more: Int32Array;

  constructor(
    private readonly model: Model,
    scale: GradeScale,
  ) {
    const rows = distinctRows(model.training);
    const { k, features } = model.file;
    this.search = createGradeSearch(k, scale, mostArrays(features.length, scale.highest), rows.count);
    this.standing = new Standing(rows, scale, this.search);
    this.rule = createGradeRule(model.file, scale, this.search.nearest);
    this.flips = new FlipSearch(this.standing, this.rule);
    this.game = new GradeGame(this.standing, this.rule, this.search);
    this.scratch = this.search.int32s(rows.count);
    this.more = this.search.int32s(rows.count);
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
    return this.game.begin();
  }

  probabilityWith(features: readonly number[], values: readonly number[]): number {
    const { standing, search, more, scratch, rule } = this;
    more.fill(0);
    features.forEach((feature, index) => {
      standing.partsOf(standing.columns[feature], values[index], scratch);
      search.add(more, scratch, more, more.length);
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

/** Rows of numbers that the standing, the shifts (two each), the game and this analysis need. */
function mostArrays(features: number, highest: number): number {
  return 3 + 2 * features + 2 * features * (highest + 2) + (2 * features + 1) + 2;
}
