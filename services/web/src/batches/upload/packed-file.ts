/** Workbooks and archives cannot be read in part. */
export async function isPacked(file: File): Promise<boolean> {
  const [first, second, third, fourth] = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const isGzip = first === 0x1f && second === 0x8b;
  const letters = String.fromCharCode(first ?? 0, second ?? 0, third ?? 0, fourth ?? 0);
  return isGzip || letters.startsWith('PK') || letters === 'PAR1';
}
