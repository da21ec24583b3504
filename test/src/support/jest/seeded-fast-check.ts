// By its path, because jest's moduleNameMapper makes the package's name mean this module.
import fastCheck = require('../../../../node_modules/fast-check/lib/cjs/fast-check');
import { FUZZ_SEED } from './seeds';

fastCheck.configureGlobal({ seed: FUZZ_SEED });

/** fast-check with the seed of the run. */
export = fastCheck;
