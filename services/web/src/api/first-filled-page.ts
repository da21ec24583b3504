import type { Page } from '@cytoqueue/client';

const MAX_EMPTY_PAGES = 10;

/** The first page with items; the service may answer with an empty page that has more behind it. */
export async function firstFilledPage<T>(after: string, load: (after: string) => Promise<Page<T>>): Promise<Page<T>> {
  let page = await load(after);
  for (let empty = 1; page.data.length === 0 && page.has_more && empty < MAX_EMPTY_PAGES; empty++)
    page = await load(page.last_id ?? after);
  return page;
}
