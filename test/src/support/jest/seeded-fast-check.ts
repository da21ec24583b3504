import { join } from 'node:path';
import type * as FastCheck from 'fast-check';
import { ROOT } from '../stack-process';
import { FUZZ_SEED } from './seeds';

// By its path, because jest's moduleNameMapper makes the package's name mean this module.
const fastCheck = require(join(ROOT, 'node_modules/fast-check/lib/cjs/fast-check')) as typeof FastCheck;
fastCheck.configureGlobal({ seed: FUZZ_SEED });

/** fast-check with the seed of the run. */
export = fastCheck;
