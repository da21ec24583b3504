import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../../..');
const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(Boolean);

describe('Markdown files', () => {
  it.each(pages)('%s links to existing files and headings', (page) => {
    expect(linksOf(page).filter((link) => !isValid(page, link))).toEqual([]);
  });

  it('a link to a missing file or heading is reported', () => {
    expect(isValid('README.md', 'LICENSE')).toBe(true);
    expect(isValid('README.md', 'LICENCE')).toBe(false);
    expect(isValid('test/README.md', '../README.md#quick-start')).toBe(true);
    expect(isValid('test/README.md', '../README.md#slow-start')).toBe(false);
  });
});

function readText(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8').replace(/^```[^]*?^```/gm, '');
}

/** Targets of links and images, except absolute addresses. */
function linksOf(page: string): string[] {
  const text = readText(page).replace(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].flatMap(([, target = '']) =>
    /^[a-z]+:/.test(target) ? [] : [target],
  );
}

function isValid(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(ROOT, page) : resolve(ROOT, page, '..', path);
  if (relative(ROOT, target).startsWith('..') || !existsSync(target)) return false;
  if (anchor === undefined) return true;
  return statSync(target).isFile() && anchorsOf(relative(ROOT, target)).has(anchor);
}

/** GitHub's anchors: lower case, without punctuation, spaces as hyphens; repeated headings are numbered. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of readText(page).matchAll(/^#{1,6} +(.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    let repeated = anchor;
    for (let count = 1; anchors.has(repeated); count++) repeated = `${anchor}-${count}`;
    anchors.add(repeated);
  }
  return anchors;
}
