/** A point in data units. */
export type Point = readonly [x: number, y: number];

export interface Axis {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly label: (tick: number) => string;
}

const WIDTH = 480;
const HEIGHT = 400;
const MARGIN = { left: 80, right: 20, top: 44, bottom: 56 };
const INK = '#1f2933';
const FAINT = '#c9d1d9';
const SERIES = '#0b6e99';

/** A chart with axes. Its text is SVG text, so that screen readers and search find it. */
export class Chart {
  private readonly parts: string[] = [];

  constructor(
    private readonly title: string,
    private readonly x: Axis,
    private readonly y: Axis,
  ) {
    for (const tick of x.ticks) this.drawXTick(tick);
    for (const tick of y.ticks) this.drawYTick(tick);
    const [left, top, right, bottom] = [MARGIN.left, MARGIN.top, WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom];
    this.parts.push(`<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="${INK}"/>`);
    this.parts.push(text((left + right) / 2, HEIGHT - 14, x.title, 'middle'));
    this.parts.push(
      `<g transform="translate(16 ${(top + bottom) / 2}) rotate(-90)">${text(0, 0, y.title, 'middle')}</g>`,
    );
  }

  line(points: readonly Point[], color: string = SERIES, dashes = ''): this {
    const path = points.map((point, i) => `${i === 0 ? 'M' : 'L'}${this.toPixels(point).join(' ')}`).join('');
    this.parts.push(`<path d="${path}" fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dashes}"/>`);
    return this;
  }

  /** @param radius in pixels */
  dot(point: Point, radius: number): this {
    const [x, y] = this.toPixels(point);
    this.parts.push(`<circle cx="${x}" cy="${y}" r="${radius.toFixed(1)}" fill="${SERIES}" fill-opacity="0.75"/>`);
    return this;
  }

  note(point: Point, content: string, anchor: 'start' | 'middle' | 'end' = 'start'): this {
    const [x, y] = this.toPixels(point);
    this.parts.push(text(Number(x), Number(y), content, anchor));
    return this;
  }

  toString(): string {
    return frame(this.title, this.parts);
  }

  /** Converts a point to pixels, with one decimal. */
  private toPixels([x, y]: Point): [x: string, y: string] {
    const pixelX = MARGIN.left + ((x - this.x.from) / (this.x.to - this.x.from)) * (WIDTH - MARGIN.left - MARGIN.right);
    const pixelY =
      HEIGHT - MARGIN.bottom - ((y - this.y.from) / (this.y.to - this.y.from)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
    return [pixelX.toFixed(1), pixelY.toFixed(1)];
  }

  private drawXTick(tick: number): void {
    const x = Number(this.toPixels([tick, this.y.from])[0]);
    this.parts.push(`<path d="M${x} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}" stroke="${FAINT}"/>`);
    this.parts.push(text(x, HEIGHT - MARGIN.bottom + 18, this.x.label(tick), 'middle'));
  }

  private drawYTick(tick: number): void {
    const y = Number(this.toPixels([this.x.from, tick])[1]);
    this.parts.push(`<path d="M${MARGIN.left} ${y}H${WIDTH - MARGIN.right}" stroke="${FAINT}"/>`);
    this.parts.push(text(MARGIN.left - 8, y + 4, this.y.label(tick), 'end'));
  }
}

/** Draws a 2 × 2 table: rows are the true classes, columns the predicted ones. */
export function drawTable(
  title: string,
  columns: readonly string[],
  rows: readonly { name: string; cells: readonly { value: string; shade: number }[] }[],
): string {
  const [left, top, width, height] = [120, 76, 160, 110];
  const parts = columns.map((name, i) => text(left + (i + 0.5) * width, top - 10, name, 'middle'));
  rows.forEach(({ name, cells }, row) => {
    const y = top + row * height;
    parts.push(text(left - 10, y + height / 2 + 5, name, 'end'));
    cells.forEach(({ value, shade }, column) => {
      const x = left + column * width;
      parts.push(
        `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${SERIES}" fill-opacity="${shade.toFixed(3)}" stroke="${INK}"/>`,
      );
      parts.push(
        `<text x="${x + width / 2}" y="${y + height / 2 + 8}" text-anchor="middle" font-size="24">${value}</text>`,
      );
    });
  });
  return frame(title, parts);
}

function frame(title: string, parts: readonly string[]): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="sans-serif" font-size="13" fill="${INK}">`;
  const background = `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`;
  const heading = `<text x="${WIDTH / 2}" y="24" text-anchor="middle" font-size="16" font-weight="bold">${escape(title)}</text>`;
  return [head, `<title>${escape(title)}</title>`, background, heading, ...parts, '</svg>', ''].join('\n');
}

function text(x: number, y: number, content: string, anchor: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
