import { parseArgs } from 'node:util';
import type { BatchSettings, FileFormat } from '../method-options';
import type { OperatingPoint } from '../types';
import { GENERAL, OPTIONS, type OptionName } from './options';
import { UsageError } from './usage-error';

export type Options = ReturnType<typeof parseCli>['values'];

export interface Arguments {
  command: string | undefined;
  operands: string[];
  options: Options;
}

function parseCli(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

/** @throws UsageError */
export function parseArguments(args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseCli(args);
    const [command, ...operands] = positionals;
    return { command, operands, options: values };
  } catch (error) {
    // Node.js explains further how to write operands with a hyphen.
    const [message = ''] = (error as Error).message.split('. ');
    const hint = /'-\.?\d/.test(message) ? '; put -- before negative values' : '';
    throw new UsageError(`${message.charAt(0).toLowerCase()}${message.slice(1)}${hint}`);
  }
}

/** @throws UsageError for an option that the command does not take */
export function expectOptions(given: Options, allowed: readonly OptionName[]): void {
  const unknown = (Object.keys(given) as OptionName[]).find(
    (name) => !allowed.includes(name) && !GENERAL.includes(name),
  );
  if (unknown !== undefined) throw new UsageError(`this command takes no --${unknown}`);
}

export function creationKey(options: Options): { idempotencyKey?: string } {
  const idempotencyKey = options['idempotency-key'];
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}

/** Upload settings from the options; the API validates the rest. @throws UsageError */
export function batchSettings(options: Options): BatchSettings {
  return {
    model: options.model,
    operatingPoint: operatingPoint(options),
    onError: oneOf('on-error', options['on-error'], ['continue', 'abort']),
    missing: missingRule(options),
    formulas: oneOf('formulas', options.formulas, ['escape', 'keep']),
    explain: options.explain,
    profile: options.profile,
    sheet: options.sheet,
    charset: options.charset,
    onWarning: oneOf('on-warning', options['on-warning'], ['continue', 'abort']),
  };
}

export function operatingPoint(options: Options): OperatingPoint | undefined {
  return oneOf('operating-point', options['operating-point'], ['default', 'sensitivity99']);
}

export function fileFormat({ format }: Options): FileFormat | undefined {
  return oneOf('format', format, ['csv', 'xlsx', 'jsonl', 'parquet']);
}

export function missingRule(options: Options): 'partial' | 'reject' | undefined {
  return oneOf('missing', options.missing, ['partial', 'reject']);
}

function oneOf<T extends string>(name: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined || (allowed as readonly string[]).includes(value)) return value as T | undefined;
  throw new UsageError(`--${name} ${value} is not valid; use one of: ${allowed.join(', ')}`);
}

/** Checks the number of operands. @throws UsageError */
export function expectOperands<const Names extends readonly string[]>(
  operands: readonly string[],
  names: Names,
): { [Index in keyof Names]: string } {
  if (operands.length === names.length) return operands as { [Index in keyof Names]: string };
  throw new UsageError(names.length === 0 ? 'this command takes no operand' : `this command needs: ${names.join(' ')}`);
}
