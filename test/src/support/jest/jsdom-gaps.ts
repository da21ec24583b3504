import { TextDecoder, TextEncoder } from 'node:util';

interface Page {
  Element: { prototype: object };
  Blob: { prototype: object };
  FileReader: new () => { result: unknown; onload: () => void; readAsArrayBuffer: (blob: unknown) => void };
}

const CSS = { escape: (text: string): string => text.replaceAll(/[^\w-]/g, String.raw`\$&`) };

function arrayBuffer(this: unknown): Promise<unknown> {
  const reader = new (globalThis as unknown as Page).FileReader();
  return new Promise((resolve) => {
    reader.onload = () => resolve(reader.result);
    reader.readAsArrayBuffer(this);
  });
}

// Browsers have these functions, jsdom does not.
if ('window' in globalThis) {
  const { Element, Blob } = globalThis as unknown as Page;
  Object.assign(globalThis, { TextDecoder, TextEncoder, CSS });
  Object.assign(Element.prototype, { scrollIntoView: () => undefined });
  Object.assign(Blob.prototype, { arrayBuffer });
}
