/** Base path of the service (`/cyto` of `https://host/cyto`), which the API wrote into the page; empty at the root. */
export const BASE_PATH = document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? '';

/** Prefixes an address outside the app's own pages; the router prefixes those. */
export function withBasePath(path: string): string {
  return `${BASE_PATH}${path}`;
}
