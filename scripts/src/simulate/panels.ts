/** Point in data units; a null y leaves a gap. */
export type PanelPoint = readonly [x: number, y: number | null];

export interface Line {
  readonly name: string;
  readonly points: readonly PanelPoint[];
  readonly color: string;
  readonly dashed?: boolean;
  /** Draws steps: a count holds until it changes. */
  readonly stepped?: boolean;
}

export interface Subplot {
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface Figure {
  readonly title: string;
  readonly xTitle: string;
  readonly xEnd: number;
  readonly panels: readonly Subplot[];
  /** Caption below the panels. */
  readonly notes: readonly string[];
}

const WIDTH = 680;
const LEFT = 64;
const RIGHT = 16;
const TOP = 40;
const PANEL = 112;
const GAP = 34;
const NOTE = 17;
const INK = '#1f2933';
const FAINT = '#d5dbe1';
/** Line colours that colour-blind readers can distinguish on white. */
export const COLORS = { one: '#0b6e99', other: '#c2410c' } as const;

/** Draws panels above one time axis. Text stays text, for screen readers and search. */
export function drawPanels({ title, xTitle, xEnd, panels, notes }: Figure): string {
  const bottom = TOP + panels.length * (PANEL + GAP);
  const height = bottom + 26 + notes.length * NOTE;
  const axis = ticks(xEnd, 8);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="sans-serif" font-size="12" fill="${INK}">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" font-size="15" font-weight="bold">${escape(title)}</text>`,
    ...panels.flatMap((panel, index) => drawPanel(panel, TOP + 14 + index * (PANEL + GAP), xEnd, axis)),
    text(WIDTH - RIGHT, bottom + 6, xTitle, 'end'),
    ...notes.map((note, index) => text(LEFT, bottom + 28 + index * NOTE, note, 'start')),
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ title, lines }: Subplot, top: number, xEnd: number, axis: readonly number[]): string[] {
  const highest = Math.max(0, ...lines.flatMap(({ points }) => points.map(([, y]) => y ?? 0))) || 1;
  const scale = ticks(highest, 4).filter((tick) => Number.isInteger(tick) || !lines.some(({ stepped }) => stepped));
  const yEnd = Math.max(highest, scale.at(-1) ?? 0);
  const toX = (x: number): number => LEFT + (x / xEnd) * (WIDTH - LEFT - RIGHT);
  const toY = (y: number): number => top + PANEL - (y / yEnd) * PANEL;
  const legend = lines
    .map(({ name, color }, index) => `<tspan${index === 0 ? '' : ' dx="12"'} fill="${color}">${escape(name)}</tspan>`)
    .join('');
  return [
    ...scale.flatMap((y) => [
      `<path d="M${LEFT} ${fixed(toY(y))}H${WIDTH - RIGHT}" stroke="${FAINT}"/>`,
      text(LEFT - 6, toY(y) + 4, label(y), 'end'),
    ]),
    ...axis.flatMap((x) => [
      `<path d="M${fixed(toX(x))} ${top}v${PANEL + 4}" stroke="${FAINT}"/>`,
      text(toX(x), top + PANEL + 16, label(x), 'middle'),
    ]),
    `<text x="${LEFT}" y="${top - 5}" font-weight="bold">${escape(title)}</text>`,
    `<text x="${WIDTH - RIGHT}" y="${top - 5}" text-anchor="end">${legend}</text>`,
    ...lines.map((line) => drawLine(line, toX, toY)),
  ];
}

function drawLine(
  { points, color, dashed = false, stepped = false }: Line,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string {
  let path = '';
  let isDown = false;
  for (const [x, y] of points) {
    if (y === null) {
      isDown = false;
      continue;
    }
    if (!isDown) path += `M${fixed(toX(x))} ${fixed(toY(y))}`;
    else path += stepped ? `H${fixed(toX(x))}V${fixed(toY(y))}` : `L${fixed(toX(x))} ${fixed(toY(y))}`;
    isDown = true;
  }
  return `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.8"${dashed ? ' stroke-dasharray="5 3"' : ''}/>`;
}

/** Round tick values from 0 up to the end, about `count` of them. */
function ticks(end: number, about: number): number[] {
  const raw = end / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? 10 * power;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => index * step);
}

function label(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function fixed(pixels: number): string {
  return String(Number(pixels.toFixed(1)));
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escape(words)}</text>`;
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
