import { lengthPowersOf, type Random, shuffle } from '@cytoqueue/classifier';
import type { Schema } from '@cytoqueue/schema';

/** A change that a laboratory's file may make to genuine records. */
export interface SimulatedShift {
  readonly name: string;
  /** The rule is chosen by the shifts that are; the others only judge it. */
  readonly isTuned: boolean;
  /** @returns a sample in the schema's range */
  readonly apply: (sample: Float64Array, random: Random) => Float64Array;
}

/** The shifts of a schema, the genuine records first. */
export function simulatedShifts(schema: Schema): readonly SimulatedShift[] {
  const genuine: SimulatedShift = { name: 'genuine', isTuned: false, apply: (sample) => sample };
  return [
    genuine,
    ...(schema.features.every(({ integer }) => integer) ? gradeShifts(schema) : measurementShifts(schema)),
  ];
}

function measurementShifts(schema: Schema): SimulatedShift[] {
  const powers = lengthPowersOf(schema) ?? schema.features.map(() => 0);
  const isSize = powers.map((power) => power !== 0);
  const place = (name: string) => schema.features.findIndex((feature) => feature.name === name);
  const magnified = (factor: number) => each((value, feature) => value * factor ** powers[feature]);
  const sizes = (change: (value: number) => number) =>
    each((value, feature) => (isSize[feature] ? change(value) : value));
  const column = (name: string, factor: number) =>
    each((value, feature) => (feature === place(name) ? value * factor : value));
  const tuned = (name: string, apply: SimulatedShift['apply']): SimulatedShift => ({ name, isTuned: true, apply });
  const other = (name: string, apply: SimulatedShift['apply']): SimulatedShift => ({ name, isTuned: false, apply });
  return [
    ...[0.3, 0.5, 1.2, 1.5, 2, 3].map((factor) => tuned(`magnification × ${factor}`, magnified(factor))),
    tuned(
      'all × 10',
      each((value) => value * 10),
    ),
    tuned(
      'all ÷ 10',
      each((value) => value / 10),
    ),
    tuned(
      'lengths and areas × 10',
      sizes((value) => value * 10),
    ),
    tuned(
      'lengths and areas ÷ 10',
      sizes((value) => value / 10),
    ),
    tuned('log1p', each(Math.log1p)),
    tuned(
      'logarithm of the sizes',
      sizes((value) => Math.max(0, Math.log(value))),
    ),
    tuned('square root', each(Math.sqrt)),
    tuned('mean and se blocks swapped', blocks([1, 0, 2])),
    tuned('mean and worst blocks swapped', blocks([2, 1, 0])),
    tuned('se and worst blocks swapped', blocks([0, 2, 1])),
    tuned('area_mean ÷ 10', column('area_mean', 0.1)),
    tuned('area_se ÷ 10', column('area_se', 0.1)),
    tuned('radius_worst ÷ 10', column('radius_worst', 0.1)),
    tuned('radius_mean and texture_mean swapped', swapped(place('radius_mean'), place('texture_mean'))),
    tuned('compactness_mean and concavity_mean swapped', swapped(place('compactness_mean'), place('concavity_mean'))),
    tuned(
      'thousands points',
      each((value) => (value >= 1000 ? value / 1000 : value)),
    ),
    ...[0.1, 0.25, 0.7, 0.8, 1.35, 1.75, 2.5, 4].map((factor) => other(`magnification × ${factor}`, magnified(factor))),
    other(
      'log10(1 + value)',
      each((value) => Math.log10(1 + value)),
    ),
    other('log1p of the sizes', sizes(Math.log1p)),
    other('cube root', each(Math.cbrt)),
    other(
      'lengths in inches',
      each((value, feature) => value / 25.4 ** powers[feature]),
    ),
    other(
      'areas ÷ 100',
      each((value, feature) => (powers[feature] === 2 ? value / 100 : value)),
    ),
    other(
      'lengths × 2, areas as they are',
      each((value, feature) => (powers[feature] === 1 ? value * 2 : value)),
    ),
    other('blocks one place on', blocks([1, 2, 0])),
    other(
      'areas 0',
      each((value, feature) => (powers[feature] === 2 ? 0 : value)),
    ),
    other('perimeter_worst ÷ 10', column('perimeter_worst', 0.1)),
    other('smoothness_mean × 10', column('smoothness_mean', 10)),
    other('radius_mean and radius_worst swapped', swapped(place('radius_mean'), place('radius_worst'))),
    other('cells shuffled', (sample, random) => Float64Array.from(shuffle(Array.from(sample), random))),
  ];
}

const HIGHEST_GRADE = 10;

function gradeShifts({ features }: Schema): SimulatedShift[] {
  const last = features.length - 1;
  const tuned = (name: string, apply: SimulatedShift['apply']): SimulatedShift => ({ name, isTuned: true, apply });
  const other = (name: string, apply: SimulatedShift['apply']): SimulatedShift => ({ name, isTuned: false, apply });
  return [
    tuned('grades 1 and 10 at random', (sample, random) => sample.map(() => (random() < 0.5 ? 1 : HIGHEST_GRADE))),
    tuned('two grades in turn', alternating),
    tuned('columns in reverse order', (sample) => sample.toReversed()),
    tuned('columns one place on', (sample) => sample.map((_, feature) => sample[feature === 0 ? last : feature - 1])),
    tuned('cells shuffled', (sample, random) => Float64Array.from(shuffle(Array.from(sample), random))),
    tuned('first and last column swapped', swapped(0, last)),
    tuned(
      'every grade doubled',
      each((value) => Math.min(HIGHEST_GRADE, 2 * value)),
    ),
    other('grades at random', (sample, random) => sample.map(() => 1 + Math.floor(random() * HIGHEST_GRADE))),
    other(
      'last column 10',
      each((value, feature) => (feature === last ? HIGHEST_GRADE : value)),
    ),
    other('columns four places on', (sample) => sample.map((_, feature) => sample[(feature + 4) % sample.length])),
    other(
      'scale from 1 to 5',
      each((value) => Math.ceil(value / 2)),
    ),
    other(
      'scale from 0 to 9',
      each((value) => Math.max(1, value - 1)),
    ),
    other(
      'scale upside down',
      each((value) => HIGHEST_GRADE + 1 - value),
    ),
  ];
}

function alternating(sample: Float64Array, random: Random): Float64Array {
  const one = 1 + Math.floor(random() * HIGHEST_GRADE);
  const step = 1 + Math.floor(random() * (HIGHEST_GRADE - 1));
  const two = 1 + ((one - 1 + step) % HIGHEST_GRADE);
  return sample.map((_, feature) => (feature % 2 === 0 ? one : two));
}

function each(change: (value: number, feature: number) => number): SimulatedShift['apply'] {
  return (sample) => sample.map(change);
}

function swapped(one: number, other: number): SimulatedShift['apply'] {
  return (sample) =>
    sample.map((value, feature) => (feature === one ? sample[other] : feature === other ? sample[one] : value));
}

/** Equal thirds of the columns in another order. */
function blocks(order: readonly number[]): SimulatedShift['apply'] {
  return (sample) => {
    const width = sample.length / order.length;
    return sample.map((_, feature) => sample[order[Math.floor(feature / width)] * width + (feature % width)]);
  };
}
