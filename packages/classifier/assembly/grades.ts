/**
 * Evidence for one record of grades: the class scores of every coalition of features, and the smallest flip.
 * AssemblyScript; compiled by ../../../scripts/build-wasm.mjs and called by ../src/evidence/integer-analysis.ts.
 *
 * A packed distance is one 32-bit integer, a sum of one term per feature. Bray-Curtis: numerator in the low 16 bits,
 * denominator above. Euclidean: the squared distance. `keysOf` orders distances exactly as the fractions do. The host
 * limits denominators to 200 and numerators and squares to less than 2¹⁴, which only rows of the padding reach.
 */

/* oxlint-disable prefer-const -- the host sets what is exported */

/** Settings of the model, set by the host once. */
export let k: u32 = 0;
export let isRatio: bool = false;
export let isVotes: bool = false;
export let maxGrade: i32 = 0;
/** Rows are training rows, benign before malignant, each class padded to whole vectors. */
export let rows: u32 = 0;
export let benignEnd: u32 = 0;
export let benignCount: u32 = 0;
export let malignantCount: u32 = 0;

/** Addresses, set by the host once. An array of rows has one 32-bit integer per row. */
/** Array of rows: 0, and a distance beyond every other for the padding. */
export let padding: usize = 0;
/** Arrays of rows by feature: grades. */
export let columns: usize = 0;
/** Arrays of rows by player: terms of the sample's grade. */
export let terms: usize = 0;
/**
 * Arrays of rows by player and grade: change of the packed distance if the sample had this grade; 0: each row's own.
 */
export let changes: usize = 0;
/** Arrays of rows by number of players: packed distances of the coalition that `visit` has reached. */
export let sums: usize = 0;
/** Array of rows: packed distances of a changed sample. */
export let changed: usize = 0;
/** Grades of the sample by player. */
export let grades: usize = 0;
/** k vectors, at least REGISTERS: the smallest keys of each lane, ascending. */
export let lanes: usize = 0;
/** Doubles by first and second player: see `findBestCases`. */
export let bestCases: usize = 0;
/** k offsets of rows: those of the own class nearest to the unchanged sample. */
export let ownNearest: usize = 0;
/** Scores by bit mask of a coalition. */
export let benignScores: usize = 0;
export let malignantScores: usize = 0;

/** Number of measured features. */
export let players: u32 = 0;

/** Scores of the sample scored last: the mean distance to the k nearest rows of a class, or its votes. */
export let benignScore: f64 = 0;
export let malignantScore: f64 = 0;

/** The flip found: players and their new grades; both the same for a change of one feature. */
export let firstPlayer: u32 = 0;
export let firstGrade: i32 = 0;
export let secondPlayer: u32 = 0;
export let secondGrade: i32 = 0;

/** Decides with the model's rule whether these scores give the other class. */
declare function isFlip(benign: f64, malignant: f64): bool;

function rowsAt(arrays: usize, index: u32): usize {
  return arrays + ((index * rows) << 2);
}

function changeOf(player: u32, grade: i32): usize {
  return rowsAt(changes, player * (maxGrade + 1) + grade);
}

function gradeOf(player: u32): i32 {
  return load<i32>(grades + (player << 2));
}

function termsOf(column: v128, own: v128): v128 {
  const difference = i32x4.abs(i32x4.sub(own, column));
  return isRatio ? i32x4.add(difference, i32x4.shl(i32x4.add(own, column), 16)) : i32x4.mul(difference, difference);
}

/** Gives a player its feature and grade; the players must be set in order. */
export function setPlayer(player: u32, feature: u32, grade: i32): void {
  store<i32>(grades + (player << 2), grade);
  const column = rowsAt(columns, feature);
  const current = rowsAt(terms, player);
  const end = rows << 2;
  const own = i32x4.splat(grade);
  for (let at: usize = 0; at < end; at += 16) v128.store(current + at, termsOf(v128.load(column + at), own));
  for (let other = 0; other <= maxGrade; other++) {
    const change = changeOf(player, other);
    const others = i32x4.splat(other);
    for (let at: usize = 0; at < end; at += 16) {
      const trained = v128.load(column + at);
      v128.store(change + at, i32x4.sub(termsOf(trained, other === 0 ? trained : others), v128.load(current + at)));
    }
  }
}

/** Writes the scores of every coalition of at least one player. Leaves the sample's packed distances in `sums`. */
export function scoreCoalitions(): void {
  memory.copy(sums, padding, rows << 2);
  visit(0, 0, 0);
}

/** Walks the tree of subsets in which a child has one more player, later than all of its parent's. */
function visit(coalition: u32, size: u32, first: u32): void {
  const distances = rowsAt(sums, size);
  const larger = rowsAt(sums, size + 1);
  for (let player = first; player < players; player++) {
    add(distances, rowsAt(terms, player), larger);
    score(larger);
    const extended = coalition | (1 << player);
    store<f64>(benignScores + (extended << 3), benignScore);
    store<f64>(malignantScores + (extended << 3), malignantScore);
    visit(extended, size + 1, player + 1);
  }
}

/** Begins a sample in which further features have grades: `addFeature` for each, then `scoreChanged`. */
export function startChanged(): void {
  memory.copy(changed, rowsAt(sums, players), rows << 2);
}

export function addFeature(feature: u32, grade: i32): void {
  const column = rowsAt(columns, feature);
  const own = i32x4.splat(grade);
  const end = rows << 2;
  for (let at: usize = 0; at < end; at += 16) {
    v128.store(changed + at, i32x4.add(v128.load(changed + at), termsOf(v128.load(column + at), own)));
  }
}

export function scoreChanged(): void {
  score(changed);
}

function add(a: usize, b: usize, out: usize): void {
  const end = rows << 2;
  for (let at: usize = 0; at < end; at += 16) v128.store(out + at, i32x4.add(v128.load(a + at), v128.load(b + at)));
}

function score(distances: usize): void {
  if (isVotes) {
    takeNearest(distances, 0, rows, min(k, benignCount + malignantCount));
    const limit = farthestKey | (isRatio ? DENOMINATOR_MASK : 0);
    benignScore = countWithin(distances, 0, benignEnd, limit);
    malignantScore = countWithin(distances, benignEnd, rows, limit);
  } else {
    benignScore = meanDistance(distances, 0, benignEnd, min(k, benignCount));
    malignantScore = meanDistance(distances, benignEnd, rows, min(k, malignantCount));
  }
}

function meanDistance(distances: usize, from: u32, to: u32, count: u32): f64 {
  takeNearest(distances, from, to, count);
  return sumOfDistances / count;
}

function countWithin(distances: usize, from: u32, to: u32, limit: i32): f64 {
  const limits = i32x4.splat(limit);
  let count: u32 = 0;
  for (let row = from; row < to; row += 4) {
    count += popcnt(i32x4.bitmask(i32x4.le_s(keysOf(v128.load(distances + (row << 2))), limits)));
  }
  return count;
}

const DENOMINATOR_MASK = 0xff;

/**
 * Keys that order as the distances do. A fraction's key is its quotient as a float, whose last byte is replaced by the
 * denominator: different fractions are at least 500 units in the last place apart, so only the order of equal fractions
 * depends on that byte, and `distanceOf` can divide again in double precision.
 */
function keysOf(packed: v128): v128 {
  if (!isRatio) return packed;
  const denominators = i32x4.shr_u(packed, 16);
  const numerators = v128.and(packed, i32x4.splat(0xffff));
  const quotients = f32x4.div(f32x4.convert_i32x4_s(numerators), f32x4.convert_i32x4_s(denominators));
  return v128.or(v128.and(quotients, i32x4.splat(~DENOMINATOR_MASK)), denominators);
}

function distanceOf(key: i32): f64 {
  if (!isRatio) return sqrt<f64>(key);
  const denominator: f64 = key & DENOMINATOR_MASK;
  return nearest<f64>(<f64>reinterpret<f32>(key & ~DENOMINATOR_MASK) * denominator) / denominator;
}

function distanceOfPacked(packed: i32): f64 {
  return isRatio ? <f64>(packed & 0xffff) / <f64>(packed >> 16) : sqrt<f64>(packed);
}

/** Results of `takeNearest`: sum of the distances, added in ascending order, and the key of the last row. */
let sumOfDistances: f64 = 0;
let farthestKey: i32 = 0;

/** Levels of `lanes` that `takeNearest` keeps in registers. */
const REGISTERS = 5;

/** Finds the `count` nearest of a range of rows, at most k. */
function takeNearest(distances: usize, from: u32, to: u32, count: u32): void {
  const last = lanes + ((max(count, REGISTERS) - 1) << 4);
  const none = i32x4.splat(i32.MAX_VALUE);
  let first = none;
  let second = none;
  let third = none;
  let fourth = none;
  let fifth = none;
  for (let at = lanes + (REGISTERS << 4); at <= last; at += 16) v128.store(at, none);
  const end = distances + (to << 2);
  for (let address = distances + (from << 2); address < end; address += 16) {
    let keys = keysOf(v128.load(address));
    let larger = i32x4.max_s(first, keys);
    first = i32x4.min_s(first, keys);
    keys = i32x4.max_s(second, larger);
    second = i32x4.min_s(second, larger);
    larger = i32x4.max_s(third, keys);
    third = i32x4.min_s(third, keys);
    keys = i32x4.max_s(fourth, larger);
    fourth = i32x4.min_s(fourth, larger);
    larger = i32x4.max_s(fifth, keys);
    fifth = i32x4.min_s(fifth, keys);
    for (let at = lanes + (REGISTERS << 4); at <= last; at += 16) {
      const smaller = v128.load(at);
      v128.store(at, i32x4.min_s(smaller, larger));
      larger = i32x4.max_s(smaller, larger);
    }
  }
  v128.store(lanes, first);
  v128.store(lanes, second, 16);
  v128.store(lanes, third, 32);
  v128.store(lanes, fourth, 48);
  v128.store(lanes, fifth, 64);
  sumOfDistances = 0;
  for (let taken: u32 = 0; taken < count; ) taken += takeSmallest(last, count - taken);
}

/** Takes the smallest key from every lane that has it, at most `limit` times. @returns how many rows were taken */
function takeSmallest(last: usize, limit: u32): u32 {
  const heads = v128.load(lanes);
  let smallest = i32x4.min_s(heads, i32x4.shuffle(heads, heads, 2, 3, 0, 1));
  smallest = i32x4.min_s(smallest, i32x4.shuffle(smallest, smallest, 1, 0, 3, 2));
  const isSmallest = i32x4.eq(heads, smallest);
  farthestKey = i32x4.extract_lane(smallest, 0);
  const copies = min<u32>(limit, popcnt(i32x4.bitmask(isSmallest)));
  const distance = distanceOf(farthestKey);
  for (let copy: u32 = 0; copy < copies; copy++) sumOfDistances += distance;
  for (let at = lanes; at < last; at += 16) v128.store(at, v128.bitselect(v128.load(at, 16), v128.load(at), isSmallest));
  v128.store(last, v128.or(v128.andnot(v128.load(last), isSmallest), v128.and(isSmallest, i32x4.splat(i32.MAX_VALUE))));
  return copies;
}

let ownStart: u32 = 0;
let ownEnd: u32 = 0;
let ownCount: u32 = 0;
let otherStart: u32 = 0;
let otherEnd: u32 = 0;
/** Number of the other class's nearest rows whose distances decide. */
let otherCount: u32 = 0;
let ratioLimit: f64 = 0;
let distanceOffset: f64 = 0;

/**
 * Finds the smallest change of one or two players' grades that flips the class: fewest features first, then the least
 * total change, then features in order, the smaller change of the first feature, the lower grades.
 *
 * A change can flip the class only if (distance to the other class + `offset`) ≤ (distance to the own class + `offset`)
 * × `limit`. Distances to a class are the mean of its k nearest rows, or with votes that of its row whose vote decides.
 * @param isMalignant the sample's class. @param votes the fewest votes with which the other class can win
 * @returns whether there is one
 */
export function findFlip(isMalignant: bool, limit: f64, offset: f64, votes: u32): bool {
  ownStart = isMalignant ? benignEnd : 0;
  ownEnd = isMalignant ? rows : benignEnd;
  otherStart = isMalignant ? 0 : benignEnd;
  otherEnd = isMalignant ? benignEnd : rows;
  ownCount = min(k, isMalignant ? malignantCount : benignCount);
  otherCount = min(isVotes ? votes : k, isMalignant ? benignCount : malignantCount);
  ratioLimit = limit;
  distanceOffset = offset;
  findOwnNearest();
  findBestCases();
  return findSingle() || findPair();
}

function findSingle(): bool {
  for (let size = 1; size < maxGrade; size++) {
    for (let player: u32 = 0; player < players; player++) {
      const grade = gradeOf(player);
      if (tryPair(player, grade - size, player, grade) || tryPair(player, grade + size, player, grade)) return true;
    }
  }
  return false;
}

function findPair(): bool {
  const maxSize = maxGrade - 1;
  for (let total = 2; total <= 2 * maxSize; total++) {
    for (let first: u32 = 0; first < players; first++) {
      for (let second = first + 1; second < players; second++) {
        for (let size = max(1, total - maxSize); size <= min(maxSize, total - 1); size++) {
          if (tryPairOfSizes(first, size, second, total - size)) return true;
        }
      }
    }
  }
  return false;
}

function tryPairOfSizes(first: u32, size: i32, second: u32, otherSize: i32): bool {
  const grade = gradeOf(first);
  const otherGrade = gradeOf(second);
  return (
    tryPair(first, grade - size, second, otherGrade - otherSize) ||
    tryPair(first, grade - size, second, otherGrade + otherSize) ||
    tryPair(first, grade + size, second, otherGrade - otherSize) ||
    tryPair(first, grade + size, second, otherGrade + otherSize)
  );
}

/** Whether these grades flip the class. */
function tryPair(first: u32, grade: i32, second: u32, otherGrade: i32): bool {
  if (grade < 1 || grade > maxGrade || otherGrade < 1 || otherGrade > maxGrade) return false;
  const change = changeOf(first, grade);
  const otherChange = changeOf(second, otherGrade);
  const limit = (ownClassBound(change, otherChange) + distanceOffset) * ratioLimit - distanceOffset;
  if (load<f64>(bestCases + ((first * players + second) << 3)) > limit) return false;
  if (!isOtherClassWithin(limit, change, otherChange)) return false;
  if (otherClassDistance(change, otherChange) > limit) return false;
  score(changed);
  if (!isFlip(benignScore, malignantScore)) return false;
  firstPlayer = first;
  firstGrade = grade;
  secondPlayer = second;
  secondGrade = otherGrade;
  return true;
}

/** Distance to the other class after both changes; the second is none for a change of one player. */
function otherClassDistance(change: usize, otherChange: usize): f64 {
  add(rowsAt(sums, players), change, changed);
  add(changed, otherChange, changed);
  takeNearest(changed, otherStart, otherEnd, otherCount);
  return isVotes ? distanceOf(farthestKey) : sumOfDistances / otherCount;
}

/** Lower bounds of the distance to the other class: as if each row had the sample's grades of the changed players. */
function findBestCases(): void {
  for (let first: u32 = 0; first < players; first++) {
    for (let second = first; second < players; second++) {
      const otherChange = changeOf(second, second === first ? gradeOf(first) : 0);
      const distance = otherClassDistance(changeOf(first, 0), otherChange) - ROUNDING;
      store<f64>(bestCases + ((first * players + second) << 3), distance);
    }
  }
}

/** Rows of the own class nearest to the unchanged sample; of equally near ones the first. */
function findOwnNearest(): void {
  const distances = rowsAt(sums, players);
  takeNearest(distances, ownStart, ownEnd, ownCount);
  const limit = farthestKey;
  let found: u32 = 0;
  for (let row = ownStart; row < ownEnd && found < ownCount; row++) {
    if (i32x4.extract_lane(keysOf(i32x4.splat(load<i32>(distances + (row << 2)))), 0) > limit) continue;
    store<u32>(ownNearest + (found++ << 2), row << 2);
  }
}

/** Upper bound of the distance to the own class: that of the rows that were nearest before the change. */
function ownClassBound(change: usize, otherChange: usize): f64 {
  // With votes, a class of fewer than k rows sets no limit to the rows of the other class that vote.
  if (isVotes && ownCount < k) return Infinity;
  const distances = rowsAt(sums, players);
  let sum: f64 = 0;
  let farthest: f64 = 0;
  for (let rank: u32 = 0; rank < ownCount; rank++) {
    const at = load<u32>(ownNearest + (rank << 2));
    const distance = distanceOfPacked(load<i32>(distances + at) + load<i32>(change + at) + load<i32>(otherChange + at));
    sum += distance;
    farthest = max(farthest, distance);
  }
  return isVotes ? farthest : sum / ownCount;
}

/** Larger than all rounding of distances. */
const ROUNDING: f64 = 1e-9;

/** The limit of fractions is compared in units of this size, rounded up. */
const UNITS = 1 << 14;

/** False only if no row of the other class is within the limit. */
function isOtherClassWithin(limit: f64, change: usize, otherChange: usize): bool {
  const largestLimit: f64 = isRatio ? 1 : 100;
  if (!(largestLimit > limit)) return true;
  // A fraction is within the limit if numerator × UNITS − denominator × (limit in UNITS) ≤ 0.
  const factors = i32x4.splat(isRatio ? UNITS | (-(<i32>ceil(limit * UNITS) + 1) << 16) : 1);
  const bound = i32x4.splat(isRatio ? 1 : <i32>ceil(limit * abs(limit)) + 2);
  const distances = rowsAt(sums, players);
  let isWithin = i32x4.splat(0);
  for (let row = otherStart; row < otherEnd; row += 4) {
    const at = row << 2;
    const packed = i32x4.add(i32x4.add(v128.load(distances + at), v128.load(change + at)), v128.load(otherChange + at));
    isWithin = v128.or(isWithin, i32x4.lt_s(i32x4.dot_i16x8_s(packed, factors), bound));
  }
  return v128.any_true(isWithin);
}
