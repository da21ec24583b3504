const WIDTH = 24;

/** Draws progress in one line: a bar, the share, the rate since the first call and the time left. */
export class ProgressBar {
  private readonly startedAt = performance.now();
  private startedWith: number | undefined;

  /** @param unit such as `rows`; without one, no rate is shown; @param etaSeconds as the service estimates it; by default from the rate */
  draw(done: number, total: number, unit: string | undefined, etaSeconds?: number | null): string {
    this.startedWith ??= done;
    const share = total === 0 ? 0 : Math.min(done / total, 1);
    const filled = Math.floor(share * WIDTH);
    const seconds = (performance.now() - this.startedAt) / 1_000;
    const rate = seconds === 0 ? 0 : (done - this.startedWith) / seconds;
    const eta = etaSeconds ?? (rate > 0 ? (total - done) / rate : undefined);
    const parts = [
      `[${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}] ${Math.floor(share * 100)} %`,
      ...(rate > 0 && unit !== undefined ? [`${Math.round(rate).toLocaleString('en')} ${unit}/s`] : []),
      ...(eta === undefined || done >= total ? [] : [`${formatSeconds(eta)} left`]),
    ];
    return parts.join(', ');
  }
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 120 ? `${whole} s` : `${Math.ceil(whole / 60)} min`;
}
