import { type Metric, catalogue, metricNames } from './catalogue';
import { labelledMetrics } from './labelled-metrics';
import { prometheusName } from './prometheus-name';

const START = '<!-- catalogue: npm run metrics-table -->';
const END = '<!-- /catalogue -->';

/** Prices in us-east-1 in dollars: one metric for a month, and 1,000 requests. A month has 730 hours. */
const METRIC_PRICE = 0.3;
const REQUESTS_PRICE = 0.01;
const MINUTES_PER_MONTH = 730 * 60;

/** Replaces the text between the two comments. @throws Error when a comment is missing */
export function replaceMetricTable(text: string): string {
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`the text has no ${START} … ${END}`);
  return `${text.slice(0, start + START.length)}\n${renderCatalogue()}${text.slice(end)}`;
}

function renderCatalogue(): string {
  const rows = metricNames.map((name) => {
    const { kind, unit, source, queues, meaning } = catalogue[name];
    return `| ${name} | \`${prometheusName(name)}\` | ${kind} | ${unit} | ${queues.join(', ')} | ${meaning} | ${publisherOf({ kind, source })} |`;
  });
  const head =
    '| CloudWatch | Prometheus | kind | unit | `Queue` | meaning | measured by |\n|---|---|---|---|---|---|---|';
  const labelled = Object.values(labelledMetrics).map(
    ({ name, kind, labels, meaning }) => `| \`${name}\` | ${kind} | ${labels.join(', ')} | ${meaning} |`,
  );
  const labelledHead = 'Only for Prometheus:\n\n| Prometheus | kind | labels | meaning |\n|---|---|---|---|';
  return `\n${head}\n${rows.join('\n')}\n\n${renderCost()}\n\n${labelledHead}\n${labelled.join('\n')}\n\n`;
}

function publisherOf({ kind, source }: Pick<Metric, 'kind' | 'source'>): string {
  if (kind === 'gauge') return 'one API process, every minute and at its start and stop';
  if (source === 'both') return 'the API process or worker with the event';
  return source === 'api' ? 'the API process with the event' : 'the worker with the event';
}

function renderCost(): string {
  const metrics = metricNames.reduce((sum, name) => sum + catalogue[name].queues.length, 0);
  const [forMetrics, forCalls] = [metrics * METRIC_PRICE, (MINUTES_PER_MONTH / 1_000) * REQUESTS_PRICE];
  return [
    `The cost per month is ${metrics} metrics × $${METRIC_PRICE.toFixed(2)} = $${forMetrics.toFixed(2)}, and one request a minute, ${MINUTES_PER_MONTH.toLocaleString('en-US')} × $${REQUESTS_PRICE} / 1,000 = $${forCalls.toFixed(2)}:`,
    `$${(forMetrics + forCalls).toFixed(2)} in total (us-east-1), for any number of processes. A dimension by process would add the cost of these metrics per worker.`,
  ].join('\n');
}
