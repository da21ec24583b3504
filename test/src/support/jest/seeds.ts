/** The cases that fast-check generates; the same in every run unless FUZZ_SEED says otherwise. */
export const FUZZ_SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101);

/** Set by `npm run test:stress`: test files run in the random order that belongs to it. */
export const ORDER_SEED = process.env['TEST_ORDER_SEED'];
