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
      uiConfig: {
        boardTitle: 'Cytoqueue',
        hideRedisDetails: true,
        miscLinks: [{ text: 'Back to Cytoqueue operations', url: appPath }],
      },
    },
  });
  return removeGoogleFonts(serverAdapter.getRouter() as Express);
}

type Render = (path: string, data: object, done: (error: Error | null, html?: string) => void) => void;

function removeGoogleFonts(board: Express): Express {
  const { '.ejs': render } = (board as unknown as { engines: { '.ejs': Render } }).engines;
  return board.engine('ejs', (path: string, data: object, done) =>
    render(path, data, (error, html) => done(error, html?.replace(GOOGLE_FONTS_LINK, ''))),
  );
}
