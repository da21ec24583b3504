import type { SchemaElement } from 'hyparquet';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';

const text = new TextDecoder('utf-8', { fatal: true });

/** hyparquet's conversions of logical types, straight to text where it would make objects or lose digits. */
export const TEXT_PARSERS: typeof DEFAULT_PARSERS = {
  ...DEFAULT_PARSERS,
  timestampFromMilliseconds: (milliseconds: bigint) => isoText(Number(milliseconds)),
  timestampFromMicroseconds: (microseconds: bigint) => isoText(Number(microseconds / 1000n)),
  timestampFromNanoseconds: (nanoseconds: bigint) => isoText(Number(nanoseconds / 1_000_000n)),
  dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10),
  stringFromBytes: (bytes: Uint8Array) => text.decode(bytes),
  jsonFromBytes: (bytes: Uint8Array) => text.decode(bytes),
} as unknown as typeof DEFAULT_PARSERS;

function isoText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/(\.000)?Z$/, '');
}

/** How the values of a column become texts: numbers in the shortest form that reads back to the same value. */
export function textOf(element: SchemaElement): (value: unknown) => string {
  const scale = decimalScale(element);
  if (scale !== undefined)
    return (value) =>
      decimalText(typeof value === 'object' ? bigEndian(value as Uint8Array) : BigInt(value as number), scale);
  if (element.type === 'FLOAT') return (value) => singleText(value as number);
  return String;
}

/** Undefined for columns that are no decimals. */
export function decimalScale({
  converted_type: converted,
  logical_type: logical,
  scale,
}: SchemaElement): number | undefined {
  if (logical?.type === 'DECIMAL') return logical.scale;
  return converted === 'DECIMAL' ? (scale ?? 0) : undefined;
}

/** The shortest decimal that rounds to the same number of single precision: 0.1, not 0.10000000149011612. */
function singleText(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);
}

function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return `${unscaled < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
