/** Returns 128 random bits in hex. Browsers offer `randomUUID` only on pages with TLS. */
export function randomHex(): string {
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
