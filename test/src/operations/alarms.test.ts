import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PrometheusMetrics, labelledMetrics, metricNames, prometheusName } from '@cytoqueue/metrics';
import { findExecutable } from '../support/executables';
import { describeWith } from '../support/optional-tools';
import { ROOT } from '../support/stack-process';

/** Checks that rules, alerts, dashboard and runbook use existing metrics and refer to each other. */

const METRICS = join(ROOT, 'packages/metrics');
const RULES = join(METRICS, 'prometheus');
const read = (...path: string[]) => readFileSync(join(METRICS, ...path), 'utf8');
const recorded = [...read('prometheus/recording-rules.yml').matchAll(/record: (\S+)/g)].map(([, name]) => name);
const objectives = [...read('prometheus/slo.yml').matchAll(/record: (\S+)/g)].map(([, name]) => name);
const known = [...metricNames.map(prometheusName), ...Object.values(labelledMetrics).map(({ name }) => name as string)];
const rules = read('prometheus/alerts.yml') + read('prometheus/slo.yml');
const dashboard = read('grafana/cytoqueue.json');

/** The product's metric names in a text's expressions, histograms without their suffix. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/\bcytoqueue[_:][\w:]+/g)].map(([name]) =>
    known.includes(name) ? name : name.replace(/_(bucket|sum|count)$/, ''),
  );
}

test.each(['prometheus/recording-rules.yml', 'prometheus/alerts.yml', 'prometheus/slo.yml', 'grafana/cytoqueue.json'])(
  '%s asks for series that there are',
  (file) => {
    const unknown = namesIn(read(file)).filter((name) => ![...known, ...recorded, ...objectives].includes(name));
    expect(unknown).toEqual([]);
  },
);

test('rules select a bucket by both spellings of its limit, because Prometheus 3 stores le="1" as le="1.0"', () => {
  const limits = [...(rules + dashboard).matchAll(/\ble=~?"([^"]+)"/g)].map(([, limit]) => limit);
  expect(limits.length).toBeGreaterThan(0);
  expect(limits.filter((limit) => !/^\d+\(\\\\\.0\)\?$/.test(limit as string))).toEqual([]);
});

test('the dashboard is valid for Grafana and uses every recording rule', () => {
  const { panels, schemaVersion } = JSON.parse(dashboard) as {
    schemaVersion: number;
    panels: { id: number; targets: { expr: string }[]; gridPos: object }[];
  };
  expect(schemaVersion).toBeGreaterThan(30);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { targets } of panels) expect(targets.every(({ expr }) => expr.length > 0)).toBe(true);
  expect(recorded.filter((name) => !dashboard.includes(name))).toEqual([]);
});

test('every alert has a section in the runbook, and every section an alert', () => {
  const alerts = [...new Set([...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name as string))];
  const [, runbook = ''] = read('README.md').split(/^## Alarms.*$/m); // The deployment's alarms follow; ecs compares them with its templates.
  const sections = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  expect(alerts.toSorted()).toEqual(sections.toSorted());
  for (const alert of alerts)
    expect(rules).toContain(`runbook_base_url }}/packages/metrics/README.md#${alert.toLowerCase()}"`);
  const named = [...runbook.matchAll(/^\[(\w+)/gm)].map(([, name]) => name).filter((name) => name !== 'a');
  expect(named.filter((name) => !(metricNames as readonly string[]).includes(name))).toEqual([]);
});

describeWith('promtool', 'promtool', () => {
  const run = (...args: string[]) =>
    execFileSync(findExecutable('promtool') ?? '', args, { cwd: RULES, encoding: 'utf8' });
  test('accepts the rules', () =>
    expect(run('check', 'rules', 'recording-rules.yml', 'alerts.yml', 'slo.yml')).toContain('SUCCESS'));
  test('accepts the scrape configuration', () => expect(run('check', 'config', 'prometheus.yml')).toContain('SUCCESS'));
  test.each(['api', 'worker'] as const)('finds no fault in the metrics of the %s', async (source) => {
    const { body } = await new PrometheusMetrics(source).text();
    const options = { input: body, encoding: 'utf8' } as const;
    expect(execFileSync(findExecutable('promtool') ?? '', ['check', 'metrics'], options)).toBe('');
  });
  test('fires each alert in its scenario', () => expect(run('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS'));
});
