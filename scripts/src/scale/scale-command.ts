import { join, resolve } from 'node:path';
import { CytoqueueClient } from '@cytoqueue/client';
import { loadConfig } from '@cytoqueue/runtime';
import { parseOptions } from '../command-options';
import type { Environment } from '../stack/launch';
import { runStack } from '../stack/run-stack';
import { runScaleDemo } from './run-scale';

const INTERRUPTED = 130;
const ROWS = 1_000_000;

const USAGE = `Usage: npm run demo:scale -- [--rows N] [--target N] [--chart FILE]
Scores N rows (${ROWS} by default) while workers are added and removed, and draws the run. Takes about three minutes.`;

/** Starts a separate stack on a free port with one single-threaded worker; the controller scales it. */
export async function runScaleCommand(inherited: Environment, args: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const { rows = String(ROWS), target, chart } = parseOptions(args, { rows: text, target: text, chart: text }, USAGE);
  for (const [name, value] of Object.entries({ rows, target: target ?? rows }))
    if (!/^[1-9]\d{3,7}$/.test(value)) throw new Error(`--${name} ${value}: from 1000 to 99999999`);
  const targetRows = target === undefined ? undefined : Number(target);
  const environment = {
    ...inherited,
    PORT: '0',
    WORKER_PORT: '0',
    DATA_DIR: inherited['DATA_DIR'] || '.cytoqueue/demo-scale',
    WORKERS: '1',
    WORKER_THREADS: '1',
    API_KEYS_FILE: undefined,
  };
  const { shardRows } = loadConfig(environment);
  let finished = false;
  console.log(
    'Workers of one thread each, scaled by the policy of packages/scaling with its time compressed: a second here is a minute there.',
  );
  await runStack({
    environment,
    exitCodeOnSignal: () => (finished ? 0 : INTERRUPTED),
    onReady: async (ready, stack) => {
      const client = new CytoqueueClient({ url: ready.url, apiKey: ready.api_key ?? '' });
      const folder = stack.dataDir;
      const scaleWorkers = (count: number) => stack.scaleWorkers(count);
      await runScaleDemo({
        client,
        scaleWorkers,
        shardRows,
        rows: Number(rows),
        targetRows,
        folder,
        chart: resolve(chart ?? join(folder, 'demo-scale.svg')),
      });
      finished = true;
      await stack.stop();
    },
  });
}
