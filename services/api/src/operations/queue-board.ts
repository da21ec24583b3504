import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Producer } from '@cytoqueue/queue';
import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import type { AuditLog } from '../http/audit';
import { type Authenticator, checkAccess } from '../http/auth';
import type { Principal } from '../http/context';
import { Problem } from '../http/problem';

const PATH = '/admin/queues';
/** The page would fetch a font from a host that is none of ours. */
const OUTSIDE = /<link href="https:\/\/fonts\.googleapis\.com[^>]*>/;
const SAFE = ['GET', 'HEAD'];
/** What a job holds is written by the service: there must be no way for a patient's data into Redis. */
const WRITES_JOBS = /\/(add|update-data)$|\/job-schedulers\//;

export interface BoardServices {
  producer: Producer;
  authenticator: Authenticator;
  audit: AuditLog;
}

/** BullMQ's board: operators look, admins also act, and what they do is audited. Jobs hold ids only. */
export function queueBoardRouter(services: BoardServices): Router {
  const boards = { look: createBoard(services.producer, true), act: createBoard(services.producer, false) };
  const router = express.Router();
  router.use(PATH, (request, response, next) => void admit(services, boards, request, response, next).catch(next));
  return router;
}

async function admit({ authenticator, audit }: BoardServices, boards: { look: Express; act: Express }, request: Request, response: Response, next: NextFunction): Promise<void> {
  response.set('Cache-Control', 'no-store');
  const principal = await authenticator.authenticate(request).catch((error: unknown) => toSignIn(error, request, response));
  if (principal === undefined) return;
  response.locals.context.principal = principal;
  checkAccess(principal, 'operations');
  if (!SAFE.includes(request.method)) await checkAct(principal, audit, request);
  (principal.role === 'admin' ? boards.act : boards.look)(request, response, next);
}

/** The board itself refuses as well; this also says so in words, and leaves a trace. */
async function checkAct(principal: Principal, audit: AuditLog, request: Request): Promise<void> {
  const isAdmin = principal.role === 'admin';
  const isAllowed = isAdmin && !WRITES_JOBS.test(request.path);
  audit.note(principal, 'queue.change', `${request.method} ${request.originalUrl.split('?')[0]}`, isAllowed ? 'done' : 'denied');
  await audit.flush();
  if (!isAdmin) throw new Problem('forbidden', 'Operators look at the queues; to change them needs a key with the role admin.');
  if (!isAllowed) throw new Problem('forbidden', 'Jobs are written by the service alone.');
}

/** A person who opens the page is shown where to sign in; a program gets the problem. */
function toSignIn(error: unknown, request: Request, response: Response): undefined {
  const isPage = request.method === 'GET' && request.accepts(['json', 'html']) === 'html';
  if (!isPage || !(error instanceof Problem) || error.status !== 401) throw error;
  response.redirect(303, '/sign-in');
}

function createBoard(producer: Producer, readOnlyMode: boolean): Express {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(PATH);
  const queues = producer.queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode }));
  createBullBoard({ queues, serverAdapter, options: { uiConfig: { boardTitle: 'Cytoqueue', hideRedisDetails: true } } });
  return withoutOutside(serverAdapter.getRouter() as Express);
}

type Render = (path: string, data: object, done: (error: Error | null, html?: string) => void) => void;

function withoutOutside(board: Express): Express {
  const { engines } = board as unknown as { engines: Record<string, Render> };
  const render = engines['.ejs'];
  return board.engine('ejs', (path: string, data: object, done) => render(path, data, (error, html) => done(error, html?.replace(OUTSIDE, ''))));
}
