/**
 * Upper bound of an exact search over bytes: 128-bit saturating byte adds in eight independent chains, so that
 * none waits for another. Local 0 counts down, locals 1 to 8 are the chains.
 */
const CHAINS = 8;
const ADDS_PER_ROUND = 64;
const ROUNDS = 2_000_000;

const I8X16_ADD_SAT_U = [0xfd, 0x70];
const GET = 0x20;
const SET = 0x21;
const TEE = 0x22;

function addsOfRound(): number[] {
  return Array.from({ length: ADDS_PER_ROUND }, (_, i) => {
    const [chain, other] = [1 + (i % CHAINS), 1 + CHAINS];
    return [GET, chain, GET, other, ...I8X16_ADD_SAT_U, SET, chain];
  }).flat();
}

/** Returns the sum of all chains, so that the compiler removes none. */
function sumOfChains(): number[] {
  const others = Array.from({ length: CHAINS - 1 }, (_, i) => [GET, 2 + i, ...I8X16_ADD_SAT_U]).flat();
  return [GET, 1, ...others, 0xfd, 0x1b, 0];
}

function section(id: number, bytes: number[]): number[] {
  return [id, ...unsigned(bytes.length), ...bytes];
}

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** (func (param i32) (result i32) (local 9 × v128)): loop of adds, a round for each unit of the parameter. */
function createModule(): Uint8Array {
  const seed = Array.from({ length: CHAINS + 1 }, (_, i) => [GET, 0, 0xfd, 0x0f, SET, 1 + i]).flat();
  const loop = [0x03, 0x40, ...addsOfRound(), GET, 0, 0x41, 1, 0x6b, TEE, 0, 0x0d, 0, 0x0b];
  const body = [1, CHAINS + 1, 0x7b, ...seed, ...loop, ...sumOfChains(), 0x0b];
  return Uint8Array.from([
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, 97, 100, 100, 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** 128-bit byte adds per CPU second on one core, best of several runs. */
export function measureByteAdds(): number {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(createModule()));
  const add = exports.add as (rounds: number) => number;
  add(ROUNDS);
  const rates = Array.from({ length: 5 }, () => {
    const begin = process.cpuUsage();
    add(ROUNDS);
    const { user, system } = process.cpuUsage(begin);
    return (ROUNDS * ADDS_PER_ROUND * 1e6) / (user + system);
  });
  return Math.max(...rates);
}
