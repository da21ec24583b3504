import type { Model } from '../model/model';
import { ClassMix, type Comparison } from './class-mix';

/** A way in which grades are given elsewhere. */
interface GradeScale {
  readonly name: string;
  /** The grade that a grade from 1 to 10 becomes. */
  readonly convert: (grade: number) => number;
}

const HIGHEST_GRADE = 10;
const scales: readonly GradeScale[] = [
  { name: '1 to 5', convert: (grade) => Math.ceil(grade / 2) },
  { name: '1 to 4', convert: (grade) => Math.round(1 + ((grade - 1) * 3) / 9) },
  { name: '1 to 3', convert: (grade) => Math.round(1 + ((grade - 1) * 2) / 9) },
  { name: '0 to 9', convert: (grade) => Math.max(1, grade - 1) },
  { name: '10 to 1', convert: (grade) => HIGHEST_GRADE + 1 - grade },
];

/** The training rows as they would be on other scales of grades, to compare a file with. */
export class OtherScales {
  private readonly mixes: readonly { readonly name: string; readonly mix: ClassMix }[];

  constructor({ schema, training }: Pick<Model, 'schema' | 'training'>) {
    this.mixes = scales.map(({ name, convert }) => ({
      name,
      mix: new ClassMix({ schema, training: { ...training, samples: training.samples.map(convert) } }),
    }));
  }

  /** The scale on which the training data resemble the file most, and by how much more than on their own. */
  findBestScale(counts: ArrayLike<number>, own: Comparison): { readonly name: string; readonly gain: number } {
    const fits = this.mixes.map(({ name, mix }) => ({ name, gain: meanEffect(own) - meanEffect(mix.compare(counts)) }));
    return fits.reduce((one, other) => (other.gain > one.gain ? other : one));
  }
}

/** Mean effect over the features that were measured. */
export function meanEffect({ effects, measured }: Comparison): number {
  const present = effects.filter((_, feature) => measured[feature] > 0);
  return present.reduce((sum, effect) => sum + effect, 0) / Math.max(1, present.length);
}
