/** 128 random bits in hex. Not `randomUUID`, which browsers keep from pages without TLS. */
export function randomHex(): string {
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
