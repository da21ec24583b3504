import type { Locator, Page } from 'playwright-core';

/** The first control of a feature in the form of a new record. */
export function gradeField(page: Page, title: string): Locator {
  return page.getByRole('radiogroup', { name: title }).getByRole('radio').first();
}

/** The chosen grade of each feature, `?` where it was not measured, empty where nothing is chosen. */
export async function gradeValues(page: Page): Promise<string[]> {
  return page
    .getByRole('group', { name: 'Features' })
    .locator('> div')
    .evaluateAll((rows) =>
      rows.map(
        (row) =>
          (row as unknown as { querySelector: (of: string) => { value: string } | null }).querySelector(':checked')
            ?.value ?? '',
      ),
    );
}
