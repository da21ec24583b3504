import type { WebApp } from '../support/web-app';

/** Pages from npm packages: the API's documentation and the job browser. */
export function describeBundledPages(newPeople: () => WebApp): void {
  test('the API can be read and tried in a browser, under the content security policy and from this host alone', async () => {
    const { page, complaints } = await newPeople().visit('/docs');
    await page.getByText('Predict one record').click();
    await page.getByRole('button', { name: 'Try it out' }).waitFor();
    expect(await page.getByRole('button', { name: 'Authorize' }).isVisible()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('the queues can be inspected in a browser, signed in, under the content security policy and from this host alone', async () => {
    const { page, complaints } = await newPeople().visit('/admin/queues/queue/shards', 'maintainer');
    await page
      .getByRole('link', { name: /predictions/ })
      .first()
      .click();
    await page.waitForURL(/\/queue\/predictions/);
    expect(complaints).toEqual([]);
  });
}
