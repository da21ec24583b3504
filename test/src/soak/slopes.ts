/** A measurement within one lifetime: of a process, or of Redis between two losses of its data. */
export interface Sample {
  readonly life: string;
  readonly atMs: number;
  readonly value: number;
}

export interface Slope {
  /** Least-squares slope of values over time within each process lifetime. */
  readonly perMinute: number;
  readonly samples: number;
  /** Slope of the last quarter. */
  readonly mean: number;
}

const MINUTE_MS = 60_000;
/** Lifetimes with fewer samples give no slope. */
const MIN_SAMPLES = 10;

/** @param warmUpMs ignored part at the start of each lifetime @returns undefined when there are too few samples */
export function slopeOf(samples: readonly Sample[], warmUpMs: number): Slope | undefined {
  const lives = byLife(samples)
    .map((life) => life.filter(({ atMs }) => atMs - life[0]!.atMs >= warmUpMs))
    .filter((life) => life.length >= MIN_SAMPLES);
  let products = 0;
  let squares = 0;
  for (const life of lives) {
    const meanAt = mean(life.map(({ atMs }) => atMs));
    const meanValue = mean(life.map(({ value }) => value));
    for (const { atMs, value } of life) {
      products += (atMs - meanAt) * (value - meanValue);
      squares += (atMs - meanAt) ** 2;
    }
  }
  if (squares === 0) return undefined;
  const used = lives.flat();
  return {
    perMinute: (products / squares) * MINUTE_MS,
    samples: used.length,
    mean: mean(used.slice(-Math.ceil(used.length / 4)).map(({ value }) => value)),
  };
}

function byLife(samples: readonly Sample[]): Sample[][] {
  const lives = new Map<string, Sample[]>();
  for (const sample of samples) {
    const life = lives.get(sample.life);
    if (life === undefined) lives.set(sample.life, [sample]);
    else life.push(sample);
  }
  return [...lives.values()];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
