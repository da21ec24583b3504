interface Event {
  readonly atSeconds: number;
  readonly run: () => void;
}

/** Simulated clock and the events to come. */
export class EventQueue {
  /** The next event is the last element. Of events at the same time the one scheduled first runs first, so that runs are reproducible. */
  private readonly events: Event[] = [];
  private seconds = 0;

  get nowSeconds(): number {
    return this.seconds;
  }

  at(requestedSeconds: number, run: () => void): void {
    const atSeconds = Math.max(requestedSeconds, this.seconds);
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.events[middle]!.atSeconds > atSeconds) low = middle + 1;
      else high = middle;
    }
    this.events.splice(low, 0, { atSeconds, run });
  }

  after(delaySeconds: number, run: () => void): void {
    this.at(this.seconds + delaySeconds, run);
  }

  /** Runs events in order until `isOver` returns true (checked before each event) or none is left. */
  runUntil(isOver: (nextSeconds: number) => boolean): void {
    for (let next = this.events.at(-1); next !== undefined && !isOver(next.atSeconds); next = this.events.at(-1)) {
      this.events.pop();
      this.seconds = next.atSeconds;
      next.run();
    }
  }
}
