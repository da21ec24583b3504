import type { WebApp } from '../support/web-app';

/** Requests of a browser before it shows the first page. */
export function describeFirstLoad(newPeople: () => WebApp): void {
  test('the model of the form is requested while the script of the pages still loads, and nothing twice', async () => {
    const { page, addresses, complaints } = await newPeople().visit('/favicon.svg', 'clinician');
    const before = addresses.length;
    const model = page.waitForRequest(/\/v1\/models\/[^/]+\/versions\//);
    await page.route('**/assets/show-app-*.js', async (route) => {
      await model;
      await route.continue();
    });
    await page.goto(new URL('/predictions/new', page.url()).href);
    await page.getByRole('button', { name: 'Get result' }).waitFor();
    // The session is asked for again when it is five seconds old, as in a slow browser.
    const requested = addresses.slice(before).filter((address) => !address.endsWith('/v1/session'));
    expect(requested.filter((address, index) => requested.indexOf(address) < index)).toEqual([]);
    expect(complaints).toEqual([]);
  });
}
