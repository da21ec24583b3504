import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Interpreter of Debian's packages, such as python3-sklearn. */
const SYSTEM_PYTHON = '/usr/bin/python3';
/** Folder of the peers' scripts. */
export const SCRIPTS = join(__dirname, '../../bench');
export const TRAINING = join(__dirname, '../../../packages/schema/data/wisconsin-original.csv');

export function pythonInterpreter(interpreter: string | undefined): string {
  return interpreter ?? (existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : 'python3');
}

/** Whether this Python has these modules, separated by commas; installs nothing. */
async function hasModules(python: string, modules: string): Promise<boolean> {
  const trial = spawn(python, ['-c', `import ${modules}`], { stdio: 'ignore' });
  return new Promise((resolve) =>
    trial.once('error', () => resolve(false)).once('exit', (code) => resolve(code === 0)),
  );
}

/** The peers whose modules are present. Prints those that are absent, because a table without them says nothing about them. */
export async function presentPeers<Name extends string>(
  python: string,
  modules: Readonly<Record<Name, string>>,
): Promise<Name[]> {
  const names = Object.keys(modules) as Name[];
  const present = await Promise.all(names.map((name) => hasModules(python, modules[name])));
  const absent = names.filter((_, index) => present[index] !== true);
  for (const name of absent) console.log(`  absent: ${name}, which needs the Python modules ${modules[name]}`);
  return names.filter((_, index) => present[index]);
}
