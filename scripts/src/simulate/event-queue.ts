interface Event {
  readonly atSeconds: number;
  /** Events at the same time run in the order of scheduling, so that runs are reproducible. */
  readonly order: number;
  readonly run: () => void;
}

/** Simulated clock: a binary heap of events. */
export class EventQueue {
  private readonly heap: Event[] = [];
  private scheduled = 0;
  private seconds = 0;

  get nowSeconds(): number {
    return this.seconds;
  }

  at(atSeconds: number, run: () => void): void {
    this.heap.push({ atSeconds: Math.max(atSeconds, this.seconds), order: this.scheduled++, run });
    this.rise(this.heap.length - 1);
  }

  after(delaySeconds: number, run: () => void): void {
    this.at(this.seconds + delaySeconds, run);
  }

  /** Runs events in order until `isOver` returns true (checked before each event) or none is left. */
  runUntil(isOver: (nextSeconds: number) => boolean): void {
    for (let next = this.heap[0]; next !== undefined && !isOver(next.atSeconds); next = this.heap[0]) {
      this.removeTop();
      this.seconds = next.atSeconds;
      next.run();
    }
  }

  private removeTop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink();
  }

  private rise(index: number): void {
    for (let at = index; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(): void {
    for (let at = 0; ;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.heap.length && this.isBefore(child, first)) first = child;
      if (first === at) return;
      this.swap(at, first);
      at = first;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const [one, other] = [this.heap[a], this.heap[b]];
    return one.atSeconds < other.atSeconds || (one.atSeconds === other.atSeconds && one.order < other.order);
  }

  private swap(a: number, b: number): void {
    [this.heap[a], this.heap[b]] = [this.heap[b], this.heap[a]];
  }
}
