import { describeWith } from '../support/optional-tools';
import { whilePaused } from '../support/paused-workers';
import { BENIGN_RECORD, WISCONSIN } from '../support/records';
import { type WebApp, WebStack } from '../support/web-app';

describeWith('Chromium', 'an API that is killed', () => {
  let web: WebStack;
  let app: WebApp;

  beforeAll(async () => {
    web = await WebStack.start();
    app = web.newPeople();
  });

  afterAll(() => web?.stop());

  test('a record and a file that are being scored when the API is killed show their results without a reload', async () => {
    const [recordPage, batchPage] = await whilePaused(app.stack.dataDir, async () => {
      const record = await app.sendRecord('clinician', { features: BENIGN_RECORD });
      const batch = await app.sendFile('clinician', WISCONSIN);
      const pages = [
        (await app.visit(`/predictions/${record}`, 'clinician')).page,
        (await app.visit(`/batches/${batch}`, 'clinician')).page,
      ] as const;
      await pages[0].getByText('in the queue').first().waitFor();
      await pages[1].getByRole('progressbar', { name: 'Scored' }).waitFor();
      // Their event streams break before the worker goes on, so neither page can have seen the end over the old
      // connection.
      const broken = pages.map((page) =>
        page.waitForEvent('requestfailed', (request) => request.url().endsWith('/events')),
      );
      process.kill(app.stack.ready.pids.api, 'SIGKILL');
      await Promise.all(broken);
      return pages;
    });
    await recordPage.getByRole('heading', { name: 'Benign', level: 2 }).waitFor();
    await batchPage.getByRole('group', { name: 'Result rows' }).waitFor();
    expect(await batchPage.getByRole('progressbar').count()).toBe(0);
  });
});
