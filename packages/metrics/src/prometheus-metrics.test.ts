import { catalogue, metricNames } from './catalogue';
import { labelledMetrics } from './labelled-metrics';
import { PrometheusMetrics } from './prometheus-metrics';
import { prometheusName } from './prometheus-name';

const lines = async (meters: PrometheusMetrics) =>
  (await meters.text()).body.split('\n').filter((line) => line.startsWith('cytoqueue_'));

test('metric names follow Prometheus conventions, in base units', () => {
  expect(prometheusName('RowsPredicted')).toBe('cytoqueue_rows_predicted_total');
  expect(prometheusName('PredictionLatency')).toBe('cytoqueue_prediction_latency_seconds');
  expect(prometheusName('OldestJobAgeSeconds')).toBe('cytoqueue_oldest_job_age_seconds');
  expect(prometheusName('HasBacklogWithoutWorkers')).toBe('cytoqueue_has_backlog_without_workers');
  expect(prometheusName('UploadBytes')).toBe('cytoqueue_upload_bytes_total');
  for (const name of metricNames) expect(prometheusName(name)).toMatch(/^cytoqueue_[a-z]+(_[a-z]+)*$/);
  expect(new Set(metricNames.map(prometheusName)).size).toBe(metricNames.length);
});

test('each process exposes all metrics of its part of the catalogue', async () => {
  for (const source of ['api', 'worker'] as const) {
    const { body } = await new PrometheusMetrics(source).text();
    const shown = [...body.matchAll(/^# HELP (cytoqueue_\S+)/gm)].map(([, name]) => name);
    expect(shown.toSorted()).toEqual(
      [
        ...metricNames.filter((name) => [source, 'both'].includes(catalogue[name].source)).map(prometheusName),
        ...Object.values(labelledMetrics)
          .filter((metric) => [source, 'both'].includes(metric.source))
          .map(({ name }) => name),
      ].toSorted(),
    );
  }
});

test('counts, distributions and gauges are exposed', async () => {
  const worker = new PrometheusMetrics('worker');
  worker.count('RowsPredicted', 30);
  worker.count('RowsPredicted', 12);
  worker.observe('PredictionLatency', 7);
  const shown = await lines(worker);
  expect(shown).toContain('cytoqueue_rows_predicted_total 42');
  expect(shown).toContain('cytoqueue_rows_rejected_total 0');
  expect(shown).toContain('cytoqueue_prediction_latency_seconds_bucket{le="0.005"} 0');
  expect(shown).toContain('cytoqueue_prediction_latency_seconds_bucket{le="0.01"} 1');
  expect(shown).toContain('cytoqueue_prediction_latency_seconds_sum 0.007');
});

test('an unset gauge is not exposed', async () => {
  const api = new PrometheusMetrics('api');
  api.set([
    { name: 'WorkersAlive', queue: 'all', value: 2 },
    { name: 'BacklogRows', queue: 'shards', value: 7 },
  ]);
  expect(await lines(api)).toEqual(
    expect.arrayContaining(['cytoqueue_workers_alive 2', 'cytoqueue_backlog_rows{queue="shards"} 7']),
  );
  api.set([{ name: 'WorkersAlive', queue: 'all', value: 0 }]);
  const shown = await lines(api);
  expect(shown).toContain('cytoqueue_workers_alive 0');
  expect(shown.filter((line) => line.includes('backlog_rows'))).toEqual([]);
  api.set([]);
  expect((await lines(api)).filter((line) => line.includes('workers_alive'))).toEqual([]);
});

test('the canary and jobs are counted only by the process that runs them', async () => {
  const api = new PrometheusMetrics('api');
  api.count('RowsPredicted');
  expect((await lines(api)).some((line) => line.includes('rows_predicted'))).toBe(false);
});

test('requests are observed by method, route and status, and the release is named', async () => {
  const api = new PrometheusMetrics('api');
  api.observeRequest({ method: 'GET', route: '/v1/batches/:id', status: 200, seconds: 0.02 });
  api.observeRequest({ method: 'GET', route: '/v1/batches/:id', status: 503, seconds: 2 });
  const shown = await lines(api);
  expect(shown).toContain(
    'cytoqueue_http_request_duration_seconds_count{method="GET",route="/v1/batches/:id",status="503"} 1',
  );
  expect(shown.some((line) => /^cytoqueue_build_info\{version="\d.*",node="v\d.*"\} 1$/.test(line))).toBe(true);
});
