/**
 * Memory layout and settings of the modules that explain records of grades. Rows are training rows, benign before
 * malignant, each class padded to whole pairs of vectors. An array of rows has one 32-bit integer per row, mostly a packed
 * distance or a term of one.
 *
 * A packed distance is a sum of one term per feature. Bray-Curtis: numerator in the low 16 bits, denominator above.
 * Euclidean: the squared distance. The host limits denominators to 200 and numerators and squares to less than 2¹⁴,
 * which only rows of the padding reach.
 */

/* oxlint-disable prefer-const -- the host sets what is exported */

/** Settings of the model, set by the host once. */
export let k: u32 = 0;
export let isRatio: bool = false;
export let isVotes: bool = false;
export let maxGrade: i32 = 0;
export let rows: u32 = 0;
export let benignEnd: u32 = 0;
export let benignCount: u32 = 0;
export let malignantCount: u32 = 0;

/** Addresses, set by the host once. */
/** Array of rows: 0, and a distance beyond every other for the padding. */
export let padding: usize = 0;
/** Array of rows: 0. */
export let zeros: usize = 0;
/** Arrays of rows by feature and grade: terms of a sample of this grade; of grade 0: of one with each row's own. */
export let terms: usize = 0;
/** Arrays of rows by player and grade: change of the packed distance if the sample had this grade. */
export let changes: usize = 0;
/** Arrays of rows by number of players: packed distances of the coalition that `visit` has reached. */
export let sums: usize = 0;
/** Array of rows: packed distances of a changed sample. */
export let changed: usize = 0;
/** 16-bit integers by quotient in units of 2⁻¹⁶: numerator of the fraction there in the low byte, denominator above. */
export let fractions: usize = 0;
/** Features and grades of the sample by player. */
export let features: usize = 0;
export let grades: usize = 0;
/** k vectors, at least MAX_SELECTED: the smallest keys of each lane, ascending. */
export let lanes: usize = 0;
/** Doubles by first and second player: see `findBestCases`. */
export let bestCases: usize = 0;
/** k offsets of rows: those of the own class nearest to the unchanged sample. */
export let ownNearest: usize = 0;
/** Packed distances of these rows, and their changes by player and grade, each padded to whole vectors. */
export let ownDistances: usize = 0;
export let ownChanges: usize = 0;
/** Scores by bit mask of a coalition. */
export let benignScores: usize = 0;
export let malignantScores: usize = 0;

/** Number of measured features. */
export let players: u32 = 0;

export function rowsAt(arrays: usize, index: u32): usize {
  return arrays + ((index * rows) << 2);
}

export function termsOf(feature: u32, grade: i32): usize {
  return rowsAt(terms, feature * (maxGrade + 1) + grade);
}

export function changeIndex(player: u32, grade: i32): u32 {
  return player * (maxGrade + 1) + grade;
}

export function gradeOf(player: u32): i32 {
  return load<i32>(grades + (player << 2));
}
