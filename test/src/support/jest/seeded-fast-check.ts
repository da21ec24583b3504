import { join } from 'node:path';
import type * as FastCheck from 'fast-check';
import { ROOT } from '../stack-process';
import { FUZZ_SEED, FUZZ_SHARE } from './seeds';

// By its path, because jest's moduleNameMapper makes the package's name mean this module.
const fastCheck = require(join(ROOT, 'node_modules/fast-check/lib/cjs/fast-check')) as typeof FastCheck;
fastCheck.configureGlobal({ seed: FUZZ_SEED });

/** A property that asks for few runs makes them all. */
const FEWEST_RUNS = 25;

const assertShare = ((property: never, parameters: { numRuns?: number } = {}) => {
  const { numRuns: all = 100 } = parameters;
  const numRuns = Math.min(all, Math.max(FEWEST_RUNS, Math.ceil(all * FUZZ_SHARE)));
  return fastCheck.assert(property, { ...parameters, numRuns });
}) as typeof fastCheck.assert;

/** fast-check with the seed of the run and its share of the runs. */
export = {
  __esModule: true,
  ...fastCheck,
  assert: assertShare,
  default: { ...fastCheck.default, assert: assertShare },
};
