/** Seed of fast-check's cases; the same in every run unless FUZZ_SEED is set. */
export const FUZZ_SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101);

/** Set by `npm run test:stress`: determines the random order of test files. */
export const ORDER_SEED = process.env['TEST_ORDER_SEED'];

/** The share of their runs that property tests make, in random cases of `fc.assert`; `.ci/run` makes all of them. */
export const FUZZ_SHARE = Number(process.env['FUZZ_SHARE'] ?? 0.25);
