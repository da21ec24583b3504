import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: T }>>['values'];

interface Parsed<T extends Options> {
  values: Values<T>;
  positionals: string[];
}

/** Like `parseOptions`, for a command that also takes arguments without a name. */
export function parseArguments<const T extends Options>(
  args: readonly string[],
  options: T,
  usage: string,
  allowPositionals = true,
): Parsed<T> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ args: [...args], options, allowPositionals }) as Parsed<T>;
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    return process.exit(2);
  }
}

/**
 * Parses the options of a command. `--help` prints the usage and ends the process with status 0; an unknown option is named with the
 * usage, status 2, without a stack trace.
 */
export function parseOptions<const T extends Options>(args: readonly string[], options: T, usage: string): Values<T> {
  return parseArguments(args, options, usage, false).values;
}
