import { spawnSync } from 'node:child_process';
import { findChromium, findExecutable } from './executables';
import { findFakeTime } from './fake-clock';
import { mountSmallDisk } from './small-disk';

/** A program, library or permission that some tests need and not every machine has. */
interface Tool {
  readonly isAvailable: () => boolean;
  readonly howToGet: string;
}

const TOOLS = {
  moto_server: {
    isAvailable: () => Boolean(process.env['S3_TEST_ENDPOINT']) || findExecutable('moto_server') !== undefined,
    howToGet: 'pip install "moto[server]==5.2.1", or set S3_TEST_ENDPOINT',
  },
  Chromium: {
    isAvailable: () => findChromium() !== undefined,
    howToGet: 'apt-get install chromium-headless-shell, or set CHROMIUM_PATH',
  },
  openssl: { isAvailable: () => findExecutable('openssl') !== undefined, howToGet: 'apt-get install openssl' },
  promtool: { isAvailable: () => findExecutable('promtool') !== undefined, howToGet: 'apt-get install prometheus' },
  libfaketime: { isAvailable: () => findFakeTime() !== undefined, howToGet: 'apt-get install libfaketime' },
  'a mounted tmpfs': { isAvailable: canMount, howToGet: 'run the tests as root' },
  'Python with pandas and matplotlib': {
    isAvailable: () => canRun('/usr/bin/python3', ['-c', 'import pandas, matplotlib, setuptools, pip']),
    howToGet: 'apt-get install python3-pandas python3-matplotlib python3-setuptools python3-pip python3-wheel',
  },
  'R with curl': {
    isAvailable: () => canRun('Rscript', ['-e', 'library(curl)']),
    howToGet: 'apt-get install r-base-core r-cran-curl',
  },
  '/proc': { isAvailable: () => process.platform === 'linux', howToGet: 'run the tests on Linux' },
} satisfies Record<string, Tool>;

export type ToolName = keyof typeof TOOLS;

const found = new Map<ToolName, boolean>();

function isAvailable(name: ToolName): boolean {
  const available = found.get(name) ?? TOOLS[name].isAvailable();
  found.set(name, available);
  return available;
}

export function howToGet(name: string): string {
  return name in TOOLS ? TOOLS[name as ToolName].howToGet : '';
}

/** Suffix of the title of a test that is skipped for want of a tool; the closing reporter searches for it. */
export const NEEDS = /\[needs ([^\]]+)\]$/;

/**
 * `describe` for tests that need a tool. Without it they are skipped, which the run's last line reports; with `CI=true`
 * a test fails instead and names what is missing.
 */
export function describeWith(tool: ToolName, title: string, body: () => void): void {
  if (isAvailable(tool)) describe(title, body);
  else if (process.env['CI'] === 'true') describe(title, () => failWithoutTool(tool, `needs ${tool}`));
  else describe.skip(`${title} [needs ${tool}]`, body);
}

/** `test` for one test that needs a tool; see `describeWith`. */
export function testWith(tool: ToolName, title: string, body: jest.ProvidesCallback): void {
  if (isAvailable(tool)) test(title, body);
  else if (process.env['CI'] === 'true') failWithoutTool(tool, title);
  else test.skip(`${title} [needs ${tool}]`, body);
}

function failWithoutTool(tool: ToolName, title: string): void {
  test(title, () => {
    throw new Error(`${tool} is missing, and with CI=true no test is skipped: ${TOOLS[tool].howToGet}`);
  });
}

function canRun(command: string, args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function canMount(): boolean {
  const disk = mountSmallDisk(1);
  disk?.unmount();
  return disk !== undefined;
}
