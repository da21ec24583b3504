import { FUZZ_SEED } from './seeds';

/** Where fast-check keeps what `fc.configureGlobal` is given. Set without loading fast-check, which most files do not use. */
const PARAMETERS = Symbol.for('fast-check/GlobalParameters');

Object.assign(globalThis, { [PARAMETERS]: { seed: FUZZ_SEED } });
