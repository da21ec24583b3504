import { reuseCompiledCode } from './compiled-code';
import { disableStorages, noteStorages } from './storages';
import { reuseTransformedFiles } from './transformed-files';

interface Options {
  readonly watch: boolean;
  readonly watchAll: boolean;
}

type Runtime = Parameters<typeof reuseTransformedFiles>[0];
type RunParameters = [options: Options, config: unknown, environment: unknown, runtime: Runtime, ...rest: unknown[]];
type RunTestFile = (...parameters: RunParameters) => Promise<unknown>;

const { default: runTestFile } = require('jest-circus/runner') as { default: RunTestFile };

reuseCompiledCode();
noteStorages();

/** jest's own runner of a test file, after which the process is as fast as before. */
export = async function runAndDisable(...parameters: RunParameters): Promise<unknown> {
  const [{ watch, watchAll }, , , runtime] = parameters;
  if (!watch && !watchAll) reuseTransformedFiles(runtime);
  try {
    return await runTestFile(...parameters);
  } finally {
    disableStorages();
  }
};
