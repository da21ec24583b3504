/** The polynomial of CRC-32, its bits reversed. In this notation the highest bit stands for 1 and the next for x. */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;
/** x to the power of 8: what one byte that follows multiplies a checksum by. */
const ONE_BYTE = 0x00800000;

/**
 * The CRC-32 of two parts in a row from those of each, as in zlib's crc32_combine: in steps of the length's bits, not
 * of its bytes.
 */
export function joinedChecksum(first: number, second: number, secondLength: number): number {
  let shift = ONE;
  for (let power = ONE_BYTE, length = secondLength; length > 0; length = Math.floor(length / 2)) {
    if (length % 2 === 1) shift = multiply(shift, power);
    power = multiply(power, power);
  }
  return (multiply(shift, first) ^ second) >>> 0;
}

/** Modulo the polynomial. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = ONE, factor = b; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor;
    factor = (factor & 1) === 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return product >>> 0;
}
