/**
 * Reads ordinary rows from the bytes of a shard, and writes them into a result file with a text after each.
 * AssemblyScript; compiled by ../../../scripts/build-wasm.mjs. ../src/read/row-table.ts says which rows are read here
 * (`fastParsed`), and ../src/wasm/result-cache.ts which texts are written. Eight bytes are copied per step, so every
 * buffer ends with seven spare bytes.
 */

export * from './result-cache';
export * from './read-rows';
export * from './memory-layout';
export * from './write-rows';
