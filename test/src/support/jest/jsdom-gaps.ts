import { TextDecoder, TextEncoder } from 'node:util';

const CSS = { escape: (text: string): string => text.replaceAll(/[^\w-]/g, String.raw`\$&`) };

// Browsers have these functions, jsdom does not.
if ('window' in globalThis) {
  Object.assign(globalThis, { TextDecoder, TextEncoder, CSS });
  Object.assign((globalThis as unknown as { Element: { prototype: object } }).Element.prototype, {
    scrollIntoView: () => undefined,
  });
}
