import { createHash } from 'node:crypto';
import { run } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { type Environment, startStack } from '../support/stack-process';

/** Random rows from a seed; about one in a hundred is hard to parse. */
function hardFile(rows: number): string {
  let state = 11;
  const next = (below: number) => (state = (state * 48271) % 2147483647) % below;
  const hard = [
    () => `"a ""quoted""\r\nnote, on two lines",${cells()}`,
    () => `=1+1,${cells()}`,
    () => 'short,1,2',
    () => `x,${cells()},beyond`,
    () => `"open"ed,${cells()}`,
    () => `é€😀,${cells()}`,
    () => `gap,5,?, 5.0 ,NA,1,,3,1,1`,
    () => `wrong,11,0,x,1,1,1,1,1,1`,
  ];
  const cells = (): string => Array.from({ length: 9 }, () => 1 + next(10)).join(',');
  const lines = Array.from({ length: rows }, (_, i) =>
    i % 97 === 0 ? (hard[next(hard.length)] as () => string)() : `r${i},${cells()}`,
  );
  return `note,V1,V2,V3,V4,V5,V6,V7,V8,V9\n${lines.map((line, i) => line + (i % 5 === 0 ? '\r\n' : '\n')).join('')}`;
}

async function digests(environment: Environment, file: string): Promise<string[]> {
  const stack = await startStack(environment);
  try {
    const client = await ContractClient.connect(stack.url, stack.apiKey);
    const { batch, results, errors } = await run(client, file);
    return [
      JSON.stringify(batch.counts),
      ...[results, errors].map(({ text }) => createHash('sha256').update(text).digest('hex')),
    ];
  } finally {
    await stack.stop();
  }
}

test('the same input gives the same result bytes with one worker or three, and with large or small shards', async () => {
  const file = hardFile(12_000);
  const one = await digests({ WORKERS: '1', WORKER_THREADS: '1', SHARD_ROWS: '50000' }, file);
  const three = await digests({ WORKERS: '3', WORKER_THREADS: '2', SHARD_ROWS: '1000' }, file);
  expect(three).toEqual(one);
});
