import { dollars, duration } from '#core/report/format.ts';
import type { Bill, Graph, GraphState, StateProgress } from '../../contracts/promotions.ts';

const [WIDTH, HEIGHT, GAP_X, GAP_Y] = [176, 40, 14, 20];
/** Beside the states, for ways that lead past rows. */
const LANE = 22;

const NAMES: Readonly<Record<string, string>> = { running: 'runs', done: 'done', failed: 'failed' };

interface StateGraphProps {
  graph: Graph;
  states: readonly StateProgress[];
  /** By state. */
  bills: Readonly<Record<string, Bill>>;
}

/** The state machine as a picture, with the states as they run. */
export function StateGraph({ graph, states, bills }: StateGraphProps) {
  const progress = new Map(states.map((state) => [state.name, state]));
  const widest = Math.max(...graph.states.map(({ column }) => column)) + 1;
  const rows = Math.max(...graph.states.map(({ row }) => row)) + 1;
  const [width, height] = [LANE * 2 + widest * (WIDTH + GAP_X), rows * (HEIGHT + GAP_Y)];
  const countOf = (row: number) => graph.states.filter((state) => state.row === row).length;
  const xOf = ({ row, column }: GraphState) =>
    (width - countOf(row) * (WIDTH + GAP_X)) / 2 + column * (WIDTH + GAP_X) + GAP_X / 2;
  const yOf = ({ row }: GraphState) => row * (HEIGHT + GAP_Y) + 2;
  const byName = new Map(graph.states.map((state) => [state.name, state]));
  return (
    <section class="graph" aria-labelledby="states">
      <h2 id="states">States</h2>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label="The states and what follows what; the list below says the same"
      >
        {graph.edges.map(({ from, to, caught }) => {
          const [a, b] = [byName.get(from)!, byName.get(to)!];
          const path = wayOf(
            { x: xOf(a) + WIDTH / 2, y: yOf(a) + HEIGHT },
            { x: xOf(b) + WIDTH / 2, y: yOf(b) },
            b.row - a.row > 1 ? width - LANE / 2 - ((a.row * 3) % 12) : undefined,
          );
          const taken = progress.has(from) && progress.has(to);
          return (
            <path
              key={`${from} ${to}`}
              class={`way ${caught ? 'caught' : ''} ${taken ? 'taken' : ''}`}
              d={path}
            />
          );
        })}
        {graph.states.map((state) => {
          const known = progress.get(state.name);
          return (
            <g
              key={state.name}
              class={`state ${known?.status ?? ''}`}
              transform={`translate(${xOf(state)} ${yOf(state)})`}
            >
              <title>{state.about}</title>
              <rect width={WIDTH} height={HEIGHT} rx="8" />
              <text x={WIDTH / 2} y={known ? 17 : 24}>
                {state.name}
              </text>
              {known && (
                <text class="small" x={WIDTH / 2} y="32">
                  {tookOf(known)}
                  {priceOf(bills[state.name])}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <ol class="states">
        {states.map(({ name, status, error, ...state }) => (
          <li key={name} class={status}>
            <b>{name}</b> {NAMES[status]}{' '}
            <span class="faint">
              {tookOf(state)}
              {priceOf(bills[name])}
            </span>
            {error && <span class="error">{error}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function tookOf({
  startedAt,
  endedAt,
  attempts,
}: Pick<StateProgress, 'startedAt' | 'endedAt' | 'attempts'>): string {
  const end = endedAt === undefined ? Date.now() : Date.parse(endedAt);
  const tries = attempts > 1 ? `, ${attempts} calls` : '';
  return `${duration(Math.max(0, end - Date.parse(startedAt)) / 1000)}${tries}`;
}

/** Only training jobs have a price of their own; a call of a function costs a fraction of a cent. */
function priceOf(bill: Bill | undefined): string {
  if (bill === undefined || bill.cost === null) return '';
  return bill.cost === 0 ? ', no cost' : `, ${dollars(bill.cost)}`;
}

/** Straight down to the next row, or around the rows between by the lane beside them. */
function wayOf(a: { x: number; y: number }, b: { x: number; y: number }, lane: number | undefined): string {
  if (lane === undefined) {
    const middle = (a.y + b.y) / 2;
    return `M${a.x} ${a.y}C${a.x} ${middle} ${b.x} ${middle} ${b.x} ${b.y}`;
  }
  const [from, to] = [a.y + GAP_Y / 2, b.y - GAP_Y / 2];
  return `M${a.x} ${a.y}C${a.x} ${from} ${a.x + 20} ${from} ${a.x + 30} ${from}H${lane - 8}Q${lane} ${from} ${lane} ${from + 8}V${to - 8}Q${lane} ${to} ${lane - 8} ${to}H${b.x + 30}C${b.x + 10} ${to} ${b.x} ${to} ${b.x} ${b.y}`;
}
