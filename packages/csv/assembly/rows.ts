/**
 * Reads plain rows from the bytes of a shard, and writes them into a result file with a text behind each. AssemblyScript;
 * compiled by ../../../scripts/build-wasm.mjs. What a plain row is stands in ../src/rows.ts, what the texts are in
 * ../src/row-texts.ts. Eight bytes are copied at a step: behind all that is read or written there is room for seven more.
 */

export * from './result-cache';
export * from './read-rows';
export * from './memory-layout';
export * from './write-rows';
