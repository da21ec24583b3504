import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import TestSequencer from '@jest/test-sequencer';
import { ROOT } from '../stack-process';
import { expectedSeconds } from './durations';
import { ORDER_SEED } from './seeds';

type Tests = Parameters<TestSequencer['sort']>[0];

/**
 * Longest files first, so that no worker ends with a long one alone; with a seed, in the random order that belongs to
 * it.
 */
export default class Sequencer extends TestSequencer {
  override sort(tests: Tests): Tests {
    const paths = tests.map(({ path }) => path);
    const order = ORDER_SEED === undefined ? longestFirst(paths) : shuffle(paths, ORDER_SEED);
    const places = new Map(order.map((path, place) => [path, place]));
    return tests.toSorted((a, b) => (places.get(a.path) ?? 0) - (places.get(b.path) ?? 0));
  }
}

export function longestFirst(paths: readonly string[]): string[] {
  const seconds = expectedSeconds(paths);
  return paths.toSorted((a, b) => (seconds.get(b) ?? 0) - (seconds.get(a) ?? 0) || (a < b ? -1 : 1));
}

/** Orders by a digest of seed and repository path, the same on every machine. */
export function shuffle(paths: readonly string[], seed: string): string[] {
  const digest = (path: string): string =>
    createHash('sha256')
      .update(`${seed} ${relative(ROOT, path)}`)
      .digest('hex');
  return paths.toSorted((a, b) => (digest(a) < digest(b) ? -1 : 1));
}
