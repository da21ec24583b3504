import { type Metric, catalogue, metricNames } from './catalogue';
import { prometheusName } from './prometheus-name';

const START = '<!-- catalogue: npm run metrics-table -->';
const END = '<!-- /catalogue -->';

/** In us-east-1, in dollars: a metric a month, a thousand calls, and the minutes of a month of 730 hours. */
const METRIC_PRICE = 0.3;
const REQUESTS_PRICE = 0.01;
const MINUTES_PER_MONTH = 730 * 60;

/** `text` with the part between the marks made new. @throws Error without the marks */
export function replaceMetricTable(text: string): string {
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`no ${START} … ${END}`);
  return `${text.slice(0, start + START.length)}\n${renderCatalogue()}${text.slice(end)}`;
}

function renderCatalogue(): string {
  const rows = metricNames.map((name) => {
    const { kind, unit, source, queues, meaning } = catalogue[name];
    return `| ${name} | \`${prometheusName(name)}\` | ${kind} | ${unit} | ${queues.join(', ')} | ${meaning} | ${publisherOf({ kind, source })} |`;
  });
  const head =
    '| CloudWatch | Prometheus | kind | unit | `Queue` | meaning | measured by |\n|---|---|---|---|---|---|---|';
  return `\n${head}\n${rows.join('\n')}\n\n${renderCost()}\n\n`;
}

function publisherOf({ kind, source }: Pick<Metric, 'kind' | 'source'>): string {
  if (kind === 'gauge') return 'one API process, each minute, at its start and stop';
  if (source === 'both') return 'the API process or worker it happened in';
  return source === 'api' ? 'the API process it happened in' : 'the worker it happened in';
}

function renderCost(): string {
  const metrics = metricNames.reduce((sum, name) => sum + catalogue[name].queues.length, 0);
  const [forMetrics, forCalls] = [metrics * METRIC_PRICE, (MINUTES_PER_MONTH / 1_000) * REQUESTS_PRICE];
  return [
    `A month costs ${metrics} metrics × $${METRIC_PRICE.toFixed(2)} = $${forMetrics.toFixed(2)}, and one call a minute, ${MINUTES_PER_MONTH.toLocaleString('en-US')} × $${REQUESTS_PRICE} / 1,000 = $${forCalls.toFixed(2)}:`,
    `$${(forMetrics + forCalls).toFixed(2)} in all (us-east-1), however many processes there are. A dimension by process would cost each worker's metrics anew.`,
  ].join('\n');
}
