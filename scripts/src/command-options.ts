import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: T }>>['values'];

/**
 * Parses the options of a command. `--help` prints the usage and ends the process with status 0; an unknown option is named with the
 * usage, status 2, without a stack trace.
 */
export function parseOptions<const T extends Options>(args: readonly string[], options: T, usage: string): Values<T> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ args: [...args], options }).values as Values<T>;
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    return process.exit(2);
  }
}
