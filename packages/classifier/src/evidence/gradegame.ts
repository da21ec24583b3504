import type { Game } from './coalitions';
import type { GradeRule } from './graderule';
import { shortlist } from './shortlist';
import { add, type RowsOfClasses, type Standing } from './standing';

/** The measured features of a sample as players: a coalition is worth the probability by the distance on it alone. */
export function createGradeGame(standing: Standing, rule: GradeRule): Game {
  const { places, rows } = rule.countsTies ? allRows(standing) : shortlisted(standing, rule.k);
  const parts = standing.measured.map((feature) => pick(standing.parts[feature], places));
  const sums = Array.from({ length: parts.length }, () => new Int32Array(places.length));
  return {
    players: parts.length,
    worth: (depth, player) => rule.probability(sums[depth], parts[player], rows),
    join: (depth, player) => add(sums[depth], parts[player], sums[depth + 1]),
  };
}

interface Selection {
  readonly places: Int32Array;
  readonly rows: RowsOfClasses;
}

function allRows(standing: Standing): Selection {
  return { places: Int32Array.from(standing.weights, (_, place) => place), rows: standing };
}

function shortlisted(standing: Standing, k: number): Selection {
  const [benign, malignant] = standing.spans.map((span) => shortlist(standing, span, k));
  const places = Int32Array.from([...benign, ...malignant]);
  const all = { from: 0, to: places.length };
  const spans = [{ from: 0, to: benign.length }, { from: benign.length, to: places.length }] as const; // prettier-ignore
  return { places, rows: { weights: pick(standing.weights, places), all, spans } };
}

function pick(values: Int32Array, places: Int32Array): Int32Array {
  const out = new Int32Array(places.length);
  for (let i = 0; i < places.length; i++) out[i] = values[places[i]];
  return out;
}
