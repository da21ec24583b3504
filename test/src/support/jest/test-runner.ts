import { reuseCompiledCode } from './compiled-code';
import { noteIntervals } from './intervals';
import { disableStorages, noteStorages } from './storages';
import { reuseTransformedFiles } from './transformed-files';

interface Options {
  readonly watch: boolean;
  readonly watchAll: boolean;
}

interface Environment {
  readonly global: Parameters<typeof noteIntervals>[0];
}
type Runtime = Parameters<typeof reuseTransformedFiles>[0];
type RunParameters = [
  options: Options,
  config: unknown,
  environment: Environment,
  runtime: Runtime,
  ...rest: unknown[],
];
type RunTestFile = (...parameters: RunParameters) => Promise<unknown>;

const { default: runTestFile } = require('jest-circus/runner') as { default: RunTestFile };

reuseCompiledCode();
noteStorages();

/** jest's own runner of a test file, after which nothing of the file runs and the process is as fast as before. */
export = async function runAndDisable(...parameters: RunParameters): Promise<unknown> {
  const [{ watch, watchAll }, , environment, runtime] = parameters;
  if (!watch && !watchAll) reuseTransformedFiles(runtime);
  const clearIntervals = noteIntervals(environment.global);
  try {
    return await runTestFile(...parameters);
  } finally {
    clearIntervals();
    disableStorages();
  }
};
