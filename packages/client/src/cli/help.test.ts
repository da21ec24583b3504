import { commands } from './commands';
import { formatCommandHelp, formatHelp } from './help';

test.each<readonly [string, string]>([
  ['all commands', formatHelp(commands)],
  ...Object.entries(commands).map(([name, command]) => [name, formatCommandHelp(name, command)] as const),
])('the help of %s separates the two columns of each line', (_, help) => {
  const lines = help.split('\n').filter((line) => /^ {2}(-|[a-z]+ [A-Z])/.test(line));
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.filter((line) => !/^ {2}\S+( \S+)* {2,}\S/.test(line))).toEqual([]);
});
