import { describeWith } from '../support/optional-tools';
import { PrefixProxy } from '../support/prefix-proxy';
import { BENIGN_RECORD } from '../support/records';
import { startStack } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';
import { type WebApp, WebStack } from '../support/web-app';

const PATH = '/cyto';
const FILE = 'id,Clump,UnifSize,UnifShape,MargAdh,SingEpiSize,BareNuc,BlandChrom,NormNucl,Mit\n1,5,1,1,1,2,1,3,1,1\n';

describeWith('Chromium', 'a service below a path of a proxy', () => {
  let proxy: PrefixProxy;
  let web: WebStack;
  let app: WebApp;

  beforeAll(async () => {
    proxy = await PrefixProxy.start(PATH);
    web = await WebStack.start({ PUBLIC_URL: proxy.url });
    app = web.newPeople();
    proxy.forwardTo(app.stack.url);
  });

  afterAll(async () => {
    await web?.stop();
    await proxy?.stop();
  });

  const predict = (headers: Record<string, string> = {}) =>
    app.call('clinician', '/v1/predictions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ features: BENIGN_RECORD }),
    });

  /** Follows an address from a response, resolved like a client does. */
  async function follow(from: Response, address: string | null | undefined): Promise<Response> {
    const url = new URL(address ?? 'nothing', from.url);
    expect(url.href.startsWith(`${proxy.url}/`)).toBe(true);
    return app.call('clinician', url.href.slice(proxy.url.length));
  }

  test('the addresses in headers and bodies lead back through the proxy', async () => {
    const accepted = await predict();
    const { links } = (await accepted.json()) as { links: { self: string } };
    for (const address of [accepted.headers.get('location'), links.self])
      expect((await follow(accepted, address)).status).toBe(200);
    const finished = await predict({ Prefer: 'wait=20' });
    expect(finished.status).toBe(201);
    expect((await follow(finished, ((await finished.json()) as { links: { self: string } }).links.self)).status).toBe(
      200,
    );

    const uploaded = await app.call('clinician', '/v1/batches', {
      method: 'POST',
      headers: { 'Content-Type': 'text/csv' },
      body: FILE,
    });
    const batch = (await uploaded.json()) as { id: string; links: Record<string, string> };
    const events = await app.call('clinician', `/v1/batches/${batch.id}/events`);
    const last =
      (await events.text())
        .trim()
        .split('\n')
        .findLast((line) => line.startsWith('data:')) ?? '';
    const done = JSON.parse(last.slice('data:'.length)) as typeof batch;
    expect(done.links).toEqual(batch.links);
    expect((await follow(uploaded, uploaded.headers.get('location'))).status).toBe(200);
    expect((await follow(uploaded, done.links['results'])).status).toBe(200);
    const page = await app.call('clinician', '/v1/predictions?limit=1');
    const next = /<([^>]*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    expect((await follow(page, next)).status).toBe(200);
    const models = await app.call('clinician', '/v1/models');
    const [model] = ((await models.json()) as { data: { links: { self: string } }[] }).data;
    expect((await follow(models, model?.links.self)).status).toBe(200);
  });

  test('a browser signs in, enters a record, uploads a file and downloads its results using only addresses below the path', async () => {
    const { page, complaints } = await app.visit('/');
    await page.waitForURL(`${proxy.url}/sign-in`);
    await page.getByLabel('Access key').fill(app.keys.clinician);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${proxy.url}/predictions/new`);
    expect((await page.context().cookies()).map(({ name, path }) => [name, path])).toEqual([
      ['cytoqueue_session', PATH],
    ]);
    const { id } = (await (
      await app.call('clinician', '/v1/batches', {
        method: 'POST',
        headers: { 'Content-Type': 'text/csv' },
        body: FILE,
      })
    ).json()) as { id: string };
    await page.getByRole('link', { name: 'Batches' }).click();
    await page.waitForURL(`${proxy.url}/batches`);
    await page.goto(`${proxy.url}/batches/${id}`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download results' }).click(),
    ]);
    expect(download.url().startsWith(`${proxy.url}/v1/batches/${id}/results`)).toBe(true);
    expect(await download.failure()).toBeNull();
    await page.goto(`${proxy.url}/models/wbc-knn/1.0.0`);
    const plots = page.getByRole('region', { name: 'Model card' }).locator('img');
    await plots.first().waitFor();
    await plots.first().scrollIntoViewIfNeeded();
    await page.waitForFunction(
      () =>
        (
          globalThis as unknown as { document: { querySelector: (selector: string) => { naturalWidth: number } } }
        ).document.querySelector('[aria-label="Model card"] img').naturalWidth > 0,
    );
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${proxy.url}/sign-in`);
    expect(await page.context().cookies()).toEqual([]);
    expect(complaints.filter((complaint) => !complaint.includes('401'))).toEqual([]);
  });

  test('a sign-in link, the docs and the job browser work below the path', async () => {
    const { token } = (await (await app.call('maintainer', '/v1/session/tokens', { method: 'POST' })).json()) as {
      token: string;
    };
    const { page, complaints } = await app.visit(`/sign-in#token=${token}`);
    await page.waitForURL(`${proxy.url}/predictions/new`);
    await page.getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('link', { name: 'Job queue (Bull Board)' }).click();
    await page.waitForURL(/\/cyto\/admin\/queues/);
    await page
      .getByRole('link', { name: /predictions/ })
      .first()
      .click();
    await page.waitForURL(/\/cyto\/admin\/queues\/queue\/predictions/);
    await page.goto(`${proxy.url}/docs`);
    await page.getByText('Predict one record').click();
    await page.getByRole('button', { name: 'Try it out' }).waitFor();
    const invalid = page.locator('tr.response', { hasText: 'invalid-request' });
    expect(await invalid.getByText('request_id').count()).toBe(0);
    await invalid.getByRole('button', { name: 'Show' }).click();
    await page.getByText('"request_id"').first().waitFor();
    const document = (await (await app.call('clinician', '/openapi.json')).json()) as { servers: { url: string }[] };
    expect(document.servers).toMatchObject([{ url: proxy.url }]);
    expect(complaints.filter((complaint) => !complaint.includes('401'))).toEqual([]);
  });

  test('the stack prints a sign-in link for the public address', async () => {
    const stack = await startStack({ PUBLIC_URL: proxy.url, CANARY_SECONDS: '0' });
    await waitUntil('the link is printed', () => stack.stdout().includes('#token='));
    await stack.stop();
    expect(stack.stdout()).toContain(`at ${proxy.url}/sign-in#token=`);
  });

  test('a person who opens the job browser without a session is sent to the sign-in page below the path', async () => {
    const answer = await fetch(`${proxy.url}/admin/queues`, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${PATH}/sign-in`]);
  });
});
