/** RFC 6266: an ASCII name for old clients and the exact name in UTF-8. */
export function contentDisposition(downloadName: string): string {
  const ascii = downloadName.replace(/[^\x20-\x7e]|["\\%/]/g, '_');
  const encoded = encodeURIComponent(downloadName.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /['()*]/g,
    percentEncode,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
