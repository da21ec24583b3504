/* oxlint-disable prefer-const -- the host sets what is exported */

/** Addresses, set by the host once. */
export let pairTables: usize = 0;
export let reciprocals: usize = 0;
export let ranks: usize = 0;
export let rowSums: usize = 0;
export let rowSamples: usize = 0;
export let rowShifts: usize = 0;
export let rowVotes: usize = 0;
export let shifts: usize = 0;
export let kthLane: usize = 0;
export let reverseLanes: usize = 0;
export let distances: usize = 0;
export let zeros: usize = 0;
export let cells: usize = 0;
export let missingFeatures: usize = 0;
export let numerators: usize = 0;
export let keys: usize = 0;
export let candidates: usize = 0;
export let materialized: usize = 0;
export let samples: usize = 0;
export let status: usize = 0;
export let benign: usize = 0;
export let malignant: usize = 0;

/** Sizes and settings, set by the host once. */
export let features: u32 = 0;
export let benignVectors: u32 = 0;
export let vectors: u32 = 0;
export let isRatio: bool = false;
export let rankWidth: u32 = 0;
export let errorBound: u32 = 0;
export let benignNearest: u32 = 0;
export let malignantNearest: u32 = 0;
export let alarmRank: u32 = 0;
