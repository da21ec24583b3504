import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[];
}

/** The rules whose result depends on colours and sizes. */
const APPEARANCE_RULES = ['color-contrast', 'link-in-text-block', 'target-size', 'meta-viewport'];

/** Violations that axe finds on the current page, one per line; of all rules unless only the appearance has changed. */
export async function axeViolations(page: Page, { appearanceOnly = false } = {}): Promise<string[]> {
  // Not as a script element, which the content security policy forbids.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults, object>(
    // axe would also list passed checks, which takes most of the time on a page with tables.
    (runOnly) =>
      (globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResults> } }).axe.run({
        runOnly,
        resultTypes: ['violations'],
      }),
    appearanceOnly ? { type: 'rule', values: APPEARANCE_RULES } : { type: 'tag', values: RULES },
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary ?? ''}`),
  );
}

/** Whether the page is wider than its window, so that users must scroll in two directions. */
export async function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const {
      document: { documentElement: root },
    } = globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } };
    return root.scrollWidth > root.clientWidth;
  });
}

/** The text, label or placeholder of the focused element, and asserts that the element is visible. */
export async function focused(page: Page): Promise<string> {
  const element = page.locator(':focus');
  if ((await element.count()) === 0) return '';
  return element.first().evaluate((node) => {
    const { labels, ariaLabel, innerText } = node as unknown as {
      labels?: ArrayLike<{ innerText: string }>;
      ariaLabel: string | null;
      innerText: string;
    };
    return ariaLabel ?? labels?.[0]?.innerText ?? innerText;
  });
}
