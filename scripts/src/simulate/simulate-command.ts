import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseOptions } from '../command-options';
import { type Check, checkResult } from './checks';
import { drawResult } from './draw-result';
import type { Scenario } from './scenario';
import { AUTOSCALERS, scenarios } from './scenarios';
import { type SimulationResult, simulate } from './simulation';

const CHARTS = resolve(__dirname, '../../../packages/scaling/charts');

const USAGE = `Usage: npm run simulate -- [--only ${scenarios.map(({ name }) => name).join('|')}] [--out FOLDER]
Simulates autoscaling, draws a chart of each scenario and checks it. Takes a few seconds.`;

/** Runs the scenarios, draws a chart of each and prints the checks. @returns the exit code: 1 when a check fails */
export async function runSimulateCommand(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { out = CHARTS, only } = parseOptions(args, { out: text, only: text }, USAGE);
  const chosen = scenarios.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) throw new Error(`--only ${only}: there is ${scenarios.map(({ name }) => name).join(', ')}`);
  await mkdir(out, { recursive: true });
  let failures = 0;
  for (const scenario of chosen) failures += await runScenario(scenario, resolve(out));
  console.log(failures === 0 ? '\nEvery check holds.' : `\n${failures} checks do not hold.`);
  return failures === 0 ? 0 : 1;
}

/**
 * Draws the run with the scenario's autoscaler and checks the run with each autoscaler.
 * @returns number of failed checks
 */
async function runScenario(scenario: Scenario, folder: string): Promise<number> {
  const drawn = simulate(scenario);
  const file = join(folder, `${scenario.name}.svg`);
  await writeFile(file, drawResult(drawn, checkResult(drawn)));
  console.log(`\n${scenario.title}\n  ${file}`);
  return Object.entries(AUTOSCALERS)
    .map(([name, autoscaler]) =>
      reportChecks(name, simulate({ ...scenario, config: { ...scenario.config, autoscaler } })),
    )
    .reduce((sum, failures) => sum + failures, 0);
}

function reportChecks(autoscaler: string, outcome: SimulationResult): number {
  const checks = checkResult(outcome);
  console.log(`  ${autoscaler}: ${formatChanges(outcome)}`);
  for (const { name, passed: holds, observed: found } of checks)
    console.log(`    ${holds ? 'ok  ' : 'FAIL'} ${name}: ${found}`);
  return checks.filter(({ passed: holds }: Check) => !holds).length;
}

function formatChanges({ changes, scenario }: SimulationResult): string {
  const first = scenario.config.policy.minWorkers;
  const rest = changes.map(({ atSeconds, to, reason }) => `→ ${to} at ${(atSeconds / 60).toFixed(0)} min (${reason})`);
  return [first, ...rest].join(' ');
}
