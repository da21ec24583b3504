import { ConnectionError, parseResponse, toApiError } from './api-error';
import { randomHex } from './random-hex';
import type { ApiRequest, Transport } from './transport';

/** A file that can be read again for each attempt. */
export interface StreamedFile {
  stream: () => AsyncIterable<Uint8Array>;
  /** In bytes, if known. */
  size?: number;
}

/** A browser's `File` or `Blob`, or a file that can be read repeatedly. */
export type UploadFile = Blob | StreamedFile;

export interface UploadProgress {
  sentBytes: number;
  totalBytes: number | undefined;
}

export interface UploadRequest extends ApiRequest {
  /** Text fields of the form, before the file. */
  fields?: Record<string, string | undefined>;
  file: UploadFile;
  filename: string | undefined;
  onProgress: ((progress: UploadProgress) => void) | undefined;
}

/** Sends a file as a form without holding it in memory. @returns the response's JSON */
export async function sendFile<T>(transport: Transport, upload: UploadRequest): Promise<T> {
  const Xhr = (globalThis as { XMLHttpRequest?: XhrClass }).XMLHttpRequest;
  // In browsers only XMLHttpRequest reports upload progress, and fetch cannot stream a body.
  if (Xhr !== undefined && upload.file instanceof Blob) return sendForm<T>(new Xhr(), transport, upload, upload.file);
  const boundary = `cytoqueue-${randomHex()}`;
  const headers = { ...upload.headers, 'Content-Type': `multipart/form-data; boundary=${boundary}` };
  return transport.json<T>({ ...upload, retryable: false, headers, body: () => toStream(formParts(upload, boundary)) });
}

/** Encodes a form with one file; `FormData` would hold the whole file in memory. */
async function* formParts(upload: UploadRequest, boundary: string): AsyncGenerator<Uint8Array> {
  const { file, filename, onProgress } = upload;
  const encoder = new TextEncoder();
  for (const [name, value] of givenFields(upload))
    yield encoder.encode(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  yield encoder.encode(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${escapeName(filename ?? 'upload.csv')}"\r\nContent-Type: text/csv\r\n\r\n`,
  );
  const totalBytes = file.size;
  let sentBytes = 0;
  for await (const chunk of file.stream() as AsyncIterable<Uint8Array>) {
    yield chunk;
    sentBytes += chunk.length;
    onProgress?.({ sentBytes, totalBytes });
  }
  yield encoder.encode(`\r\n--${boundary}--\r\n`);
}

function givenFields({ fields = {} }: UploadRequest): [name: string, value: string][] {
  return Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
}

/** Escapes a file name by the HTML standard. */
function escapeName(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function toStream(parts: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}

/** The parts of XMLHttpRequest used here; this package is built without browser types. */
interface Xhr {
  status: number;
  responseText: string;
  upload: { onprogress: ((event: { loaded: number; total: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open: (method: string, url: string) => void;
  setRequestHeader: (name: string, value: string) => void;
  getResponseHeader: (name: string) => string | null;
  send: (body: FormData) => void;
  abort: () => void;
}
type XhrClass = new () => Xhr;

function sendForm<T>(xhr: Xhr, transport: Transport, upload: UploadRequest, file: Blob): Promise<T> {
  const { signal, onProgress, filename } = upload;
  const form = new FormData();
  for (const [name, value] of givenFields(upload)) form.append(name, value);
  form.append('file', file, filename);
  const abort = (): void => xhr.abort();
  const sent = new Promise<T>((resolve, reject) => {
    signal?.throwIfAborted();
    xhr.open('POST', transport.buildUrl(upload));
    for (const [name, value] of Object.entries(transport.headers(upload))) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded, total }) => onProgress?.({ sentBytes: loaded, totalBytes: total });
    xhr.onload = () => {
      const header = (name: string): string | null => xhr.getResponseHeader(name);
      try {
        if (xhr.status < 200 || xhr.status >= 300)
          throw toApiError({ status: xhr.status, header, text: xhr.responseText });
        resolve(parseResponse<T>(xhr.responseText, header('Content-Type')));
      } catch (error) {
        // An exception in an event handler would leave the promise unsettled.
        reject(error as Error);
      }
    };
    xhr.onerror = () => reject(new ConnectionError('the service cannot be reached; check the URL and the network'));
    xhr.onabort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort);
    xhr.send(form);
  });
  return sent.finally(() => signal?.removeEventListener('abort', abort));
}
