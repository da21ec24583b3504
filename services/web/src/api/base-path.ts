/** The path under which the service is reached (`/cyto` of `https://host/cyto`), as the API wrote it into the page; empty at the root. */
export const BASE_PATH = document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? '';

/** An address outside the app's own pages; the router does this for those. */
export function withBasePath(path: string): string {
  return `${BASE_PATH}${path}`;
}
