import type { JobProducer } from '@cytoqueue/queue';
import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import type { AuditLog } from '../audit/audit-log';
import { type Authenticator, assertAccess } from '../session/authenticator';
import type { Principal } from '../http/request-context';
import { notFound } from '../http/error-handler';
import { Problem } from '../http/problem';
import type { PublicAddress } from '../http/public-address';
import type * as CreateBoard from './create-board';
import { type BoardOperation, boardOperation } from './queue-board-operations';

const BOARD_PATH = '/admin/queues';
/** The general policy, with a base address and inline styles allowed for the board's page. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; base-uri 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'";
const SAFE_METHODS = ['GET', 'HEAD'];

export interface QueueBoardDeps {
  producer: JobProducer;
  authenticator: Authenticator;
  audit: AuditLog;
  address: PublicAddress;
}

/** Serves BullMQ's board of all tenants' jobs, for platform keys only. Jobs contain ids only. */
export function queueBoardRouter(deps: QueueBoardDeps): Router {
  const openBoard = boardOpener(deps);
  const router = express.Router({ caseSensitive: true, strict: true });
  router.use(
    BOARD_PATH,
    (request, response, next) => void authorize(deps, openBoard, request, response, next).catch(next),
  );
  return router;
}

/** Loads the board at the first visit: it is an eighth of what an API process loads, and most never show it. */
function boardOpener({ producer, address }: QueueBoardDeps): () => Express {
  let board: Express | undefined;
  return () => {
    const { createBoard } = require('./create-board') as typeof CreateBoard;
    board ??= createBoard(producer.queues, address.path + BOARD_PATH, `${address.path}/operations`);
    return board;
  };
}

async function authorize(
  { authenticator, audit }: QueueBoardDeps,
  openBoard: () => Express,
  request: Request,
  response: Response,
  next: NextFunction,
): Promise<void> {
  response.set({ 'Cache-Control': 'no-store', 'Content-Security-Policy': CONTENT_SECURITY_POLICY });
  const principal = await authenticator
    .authenticate(request)
    .catch((error: unknown) => redirectToSignIn(error, request, response));
  if (principal === undefined) return;
  response.locals.context.principal = principal;
  const path = boardPath(request);
  const operation = boardOperation(request.method, path);
  if (!SAFE_METHODS.includes(request.method))
    await auditChange(principal, audit, { method: request.method, path, operation });
  assertAccess(principal, 'platform');
  if (operation === undefined)
    throw SAFE_METHODS.includes(request.method)
      ? notFound()
      : new Problem(
          'forbidden',
          'The board can only pause, resume, retry and promote. Only the service creates and removes jobs.',
        );
  openBoard()(request, response, next);
}

/** The path as it was sent; `request.path` has been parsed already. */
function boardPath({ originalUrl }: Request): string {
  return (originalUrl.split('?', 1)[0] ?? '').slice(BOARD_PATH.length);
}

/**
 * Audits a change durably before it happens. Paths outside the allow-list are not logged: they may contain anything.
 */
async function auditChange(
  principal: Principal,
  audit: AuditLog,
  { method, path, operation }: { method: string; path: string; operation: BoardOperation | undefined },
): Promise<void> {
  const isAllowed = principal.platform && operation !== undefined;
  audit.append(
    principal,
    'queue.change',
    `${method} ${BOARD_PATH}${operation === undefined ? '/?' : path}`,
    isAllowed ? 'done' : 'denied',
  );
  await audit.flush();
}

/** Redirects a browser without a session to the sign-in page; other clients get the problem. */
function redirectToSignIn(error: unknown, request: Request, response: Response): undefined {
  const isPage = request.method === 'GET' && request.accepts(['json', 'html']) === 'html';
  if (!isPage || !(error instanceof Problem) || error.status !== 401) throw error;
  response.vary('Accept').redirect(303, '/sign-in');
}
