import { ProgressBar } from './progress-bar';

function draw(isTTY: boolean, steps: number[]): string {
  const written: string[] = [];
  const bar = new ProgressBar({ isTTY, write: (text: string | Uint8Array) => written.push(String(text)) > 0 });
  for (const step of steps) bar.show(step, 'rows');
  return written.join('');
}

it('redraws its line on a terminal and ends it when done', () => {
  const drawn = draw(true, [0, 0.5, 1]);
  expect(drawn.match(/\r/g)).toHaveLength(3);
  expect(drawn).toContain(`[${'='.repeat(15)}${' '.repeat(15)}]  50 % rows`);
  expect(drawn.match(/\n/g)).toHaveLength(1);
});

it('writes few lines without a terminal, however often it is called', () => {
  const lines = draw(false, [0, 0, 0.1, 0.6, 0.7, 1, 1]).trimEnd().split('\n');
  expect(lines.map((line) => line.replace(/^.*\] +/, ''))).toEqual(['0 % rows', '60 % rows', '100 % rows']);
});
