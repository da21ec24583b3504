import express, { type Router } from 'express';
import { notFound } from '../http/error-handler';
import { type ProblemType, problems } from '../http/problem';
import { problemHelp } from '../http/problem-help';

/** Serves `/docs/problems/NAME`: cause and remedy of each problem, to which the `Link` of the problem leads. */
export function problemPages(): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  const names = Object.keys(problems) as ProblemType[];
  const list = names.map((name) => `<li><a href="problems/${name}">${name}</a>: ${toHtml(problems[name].title)}</li>`);
  router.get('/docs/problems', (_request, response) => {
    response.type('html').send(page('Problems', `<ul>${list.join('\n')}</ul>`));
  });
  router.get('/docs/problems/:name', (request, response) => {
    const name = names.find((each) => each === request.params.name);
    if (name === undefined) throw notFound();
    const { status, title } = problems[name];
    const { cause, remedy } = problemHelp[name];
    const content = `<p><code>urn:cytoqueue:problem:${name}</code>, status ${status}</p>
<h2>Cause</h2><p>${toHtml(cause)}</p><h2>Remedy</h2><p>${toHtml(remedy)}</p><p><a href="../problems">All problems</a></p>`;
    response.type('html').send(page(title, content));
  });
  return router;
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" />
<title>${toHtml(title)}</title></head><body><main><h1>${toHtml(title)}</h1>
${content}</main></body></html>\n`;
}

/** Backquotes mark code. */
function toHtml(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  return escaped.replaceAll(/`([^`]*)`/g, '<code>$1</code>');
}
