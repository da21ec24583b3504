import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { compressors, decompressZstd } from 'hyparquet-compressors';

/** Each stops at the length that the page header gives, which is limited. */
export const decompressors: typeof compressors = {
  ...compressors,
  GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (bytes, length) => decompressZstd(bytes, new Uint8Array(length)),
};
