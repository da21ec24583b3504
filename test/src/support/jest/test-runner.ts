import { reuseCompiledCode } from './compiled-code';
import { disableStorages, noteStorages } from './storages';

type RunTestFile = (...parameters: unknown[]) => Promise<unknown>;

const { default: runTestFile } = require('jest-circus/runner') as { default: RunTestFile };

reuseCompiledCode();
noteStorages();

/** jest's own runner of a test file, after which the process is as fast as before. */
export = async function runAndDisable(...parameters: unknown[]): Promise<unknown> {
  try {
    return await runTestFile(...parameters);
  } finally {
    disableStorages();
  }
};
