import { ConnectionError, CytoqueueClient, type UploadProgress } from './index';

/* The path of browsers. Their XMLHttpRequest is scripted here: Node.js has none; test/src/web uploads with a real one. */

type Handler = (() => void) | null;

class ScriptedXhr {
  static last: ScriptedXhr;
  /** Simulates the server after the request was sent. */
  static play: (xhr: ScriptedXhr) => void;
  status = 0;
  responseText = '';
  upload: { onprogress: ((event: { loaded: number; total: number }) => void) | null } = { onprogress: null };
  onload: Handler = null;
  onerror: Handler = null;
  onabort: Handler = null;
  opened: string[] = [];
  headers: Record<string, string> = {};
  form: FormData | undefined;
  isAborted = false;

  constructor() {
    ScriptedXhr.last = this;
  }

  open(method: string, url: string): void {
    this.opened = [method, url];
  }

  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  getResponseHeader(name: string): string | null {
    return name === 'Content-Type' ? 'application/json' : null;
  }

  send(form: FormData): void {
    this.form = form;
    queueMicrotask(() => ScriptedXhr.play(this));
  }

  abort(): void {
    this.isAborted = true;
    this.onabort?.();
  }

  answer(status: number, body: unknown): void {
    Object.assign(this, { status, responseText: JSON.stringify(body) });
    this.onload?.();
  }
}

const scope = globalThis as { XMLHttpRequest?: unknown };
const client = new CytoqueueClient({
  url: 'http://api.example',
  apiKey: 'cq_test',
  retry: { attempts: 3, baseDelayMs: 1, maxDelayMs: 2 },
});
const file = new Blob(['V1\n1\n']);

beforeAll(() => {
  scope.XMLHttpRequest = ScriptedXhr;
});

afterAll(() => {
  delete scope.XMLHttpRequest;
});

test('the file is sent as a form with key, name and settings, and its progress is reported', async () => {
  const progress: UploadProgress[] = [];
  ScriptedXhr.play = (xhr) => {
    xhr.upload.onprogress?.({ loaded: 3, total: 5 });
    xhr.upload.onprogress?.({ loaded: 5, total: 5 });
    xhr.answer(202, { id: 'batch_1' });
  };
  const batch = await client.uploadBatch(file, {
    filename: 'März.csv',
    onError: 'abort',
    idempotencyKey: 'k1',
    onProgress: (state) => progress.push(state),
  });
  expect(batch).toEqual({ id: 'batch_1' });
  const { opened, headers, form } = ScriptedXhr.last;
  expect(opened).toEqual(['POST', 'http://api.example/v1/batches?on_error=abort']);
  expect(headers).toEqual({ Authorization: 'Bearer cq_test', 'Idempotency-Key': 'k1' });
  const sent = form?.get('file') as File;
  expect([sent.name, await sent.text()]).toEqual(['März.csv', 'V1\n1\n']);
  expect(progress).toEqual([
    { sentBytes: 3, totalBytes: 5 },
    { sentBytes: 5, totalBytes: 5 },
  ]);
});

test('an upload whose connection fails is repeated with the same key', async () => {
  const keys: (string | undefined)[] = [];
  ScriptedXhr.play = (xhr) => {
    keys.push(xhr.headers['Idempotency-Key']);
    if (keys.length < 3) xhr.onerror?.();
    else xhr.answer(202, { id: 'batch_1' });
  };
  expect(await client.uploadBatch(file)).toEqual({ id: 'batch_1' });
  expect(keys).toEqual([keys[0], keys[0], keys[0]]);
});

test('an upload whose connection keeps failing is a ConnectionError', async () => {
  ScriptedXhr.play = (xhr) => xhr.onerror?.();
  await expect(client.uploadBatch(file)).rejects.toBeInstanceOf(ConnectionError);
});

test("an aborted upload aborts the browser's request and rejects with the reason of the signal", async () => {
  const controller = new AbortController();
  ScriptedXhr.play = () => controller.abort(new Error('enough'));
  await expect(client.uploadBatch(file, { signal: controller.signal })).rejects.toThrow('enough');
  expect(ScriptedXhr.last.isAborted).toBe(true);
});

test('the settings of a training are fields of the form, before the file; those that are not given are left out', async () => {
  ScriptedXhr.play = (xhr) => xhr.answer(202, { id: 'training_1' });
  const settings = { name: 'mylab', schema: { title: 'Own' }, label: 'Klasse', seed: 0 };
  expect(await client.createTraining(file, { ...settings, filename: 'cases.csv' })).toEqual({ id: 'training_1' });
  const { opened, form } = ScriptedXhr.last;
  expect(opened).toEqual(['POST', 'http://api.example/v1/trainings']);
  const { file: sent, ...fields } = Object.fromEntries(form ?? []);
  expect(fields).toEqual({ name: 'mylab', schema: '{"title":"Own"}', label: 'Klasse', seed: '0' });
  expect([...(form?.keys() ?? [])].at(-1)).toBe('file');
  expect((sent as File).name).toBe('cases.csv');
});
