import { reuseCompiledCode } from './compiled-code';

reuseCompiledCode();

/** jest's own runner of a test file, in a process that compiles each file once. */
export = require('jest-circus/runner') as unknown;
