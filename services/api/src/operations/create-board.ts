import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { JobProducer } from '@cytoqueue/queue';
import type { Express } from 'express';

/** The board's page would load a font from another host. */
const GOOGLE_FONTS_LINK = /<link href="https:\/\/fonts\.googleapis\.com[^>]*>/;

/** BullMQ's board of these queues, below `basePath`, with a link back to the app. */
export function createBoard(queues: JobProducer['queues'], basePath: string, appPath: string): Express {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(basePath);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue)),
    serverAdapter,
    options: {
      uiConfig: { boardTitle: 'Cytoqueue', hideRedisDetails: true },
    },
  });
  return adaptPage(serverAdapter.getRouter() as Express, appPath);
}

type Render = (path: string, data: object, done: (error: Error | null, html?: string) => void) => void;

/** Removes the font's link and adds one back to the app: the board hides its own `miscLinks` in a menu behind an icon. */
function adaptPage(board: Express, appPath: string): Express {
  const style =
    'position:fixed;inset:auto 1rem 1rem auto;z-index:1000;padding:0.5rem 1rem;background:#fff;color:#453a8c';
  const link = `<a href="${appPath}" style="${style};border:1px solid">← Back to Cytoqueue operations</a>`;
  const { '.ejs': render } = (board as unknown as { engines: { '.ejs': Render } }).engines;
  return board.engine('ejs', (path: string, data: object, done) =>
    render(path, data, (error, html) =>
      done(error, html?.replace(GOOGLE_FONTS_LINK, '').replace('</body>', `${link}</body>`)),
    ),
  );
}
