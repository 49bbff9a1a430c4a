import type { World } from '../../service.ts';

/** Dimensions by name. A metric is its namespace, its name and exactly these. */
export type Dimensions = Readonly<Record<string, string>>;

/** One measurement, or several of which only these are known. */
export interface Statistics {
  count: number;
  sum: number;
  min: number;
  max: number;
}

export interface MetricName {
  namespace: string;
  name: string;
  dimensions: Dimensions;
}

interface Metric extends MetricName {
  /** By unit, then by second since 1970. */
  units: Map<string, Map<number, Statistics>>;
}

/** Older seconds are forgotten. */
const KEPT_SECONDS = 24 * 3600;
/** Forgetting is done once in so many writes. */
const WRITES_BETWEEN = 1000;

/** Every metric of one local AWS, in memory: what services measure, and what clients put. */
export class Metrics {
  readonly #now: () => number;
  readonly #byKey = new Map<string, Metric>();
  #writes = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param at milliseconds since 1970 */
  add(metric: MetricName & { unit?: string }, value: number | Statistics, at = this.#now()): void {
    const { namespace, name, dimensions, unit = 'None' } = metric;
    const key = keyOf(metric);
    let known = this.#byKey.get(key);
    if (known === undefined) {
      known = { namespace, name, dimensions, units: new Map() };
      this.#byKey.set(key, known);
    }
    let seconds = known.units.get(unit);
    if (seconds === undefined) {
      seconds = new Map();
      known.units.set(unit, seconds);
    }
    const added = typeof value === 'number' ? { count: 1, sum: value, min: value, max: value } : value;
    const second = Math.floor(at / 1000);
    seconds.set(second, merged(seconds.get(second), added));
    this.#writes += 1;
    if (this.#writes % WRITES_BETWEEN === 0) this.#forget();
  }

  /**
   * What was measured from `from` on and before `to` (milliseconds); undefined when nothing was.
   *
   * @param unit only what was measured in it; all of it when left out, as CloudWatch does
   */
  between(metric: MetricName, from: number, to: number, unit?: string): Statistics | undefined {
    const units = this.#byKey.get(keyOf(metric))?.units;
    let result: Statistics | undefined;
    for (const [one, seconds] of units ?? []) {
      if (unit !== undefined && one !== unit) continue;
      for (let second = Math.ceil(from / 1000); second * 1000 < to; second++) {
        const statistics = seconds.get(second);
        if (statistics !== undefined) result = merged(result, statistics);
      }
    }
    return result;
  }

  unitsOf(metric: MetricName): string[] {
    return [...(this.#byKey.get(keyOf(metric))?.units.keys() ?? [])];
  }

  list(): MetricName[] {
    return [...this.#byKey.values()];
  }

  #forget(): void {
    const oldest = this.#now() / 1000 - KEPT_SECONDS;
    for (const [key, { units }] of this.#byKey) {
      for (const [unit, seconds] of units) {
        for (const second of seconds.keys()) if (second < oldest) seconds.delete(second);
        if (seconds.size === 0) units.delete(unit);
      }
      if (units.size === 0) this.#byKey.delete(key);
    }
  }
}

function keyOf({ namespace, name, dimensions }: MetricName): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}

function merged(before: Statistics | undefined, added: Statistics): Statistics {
  if (before === undefined) return added;
  return {
    count: before.count + added.count,
    sum: before.sum + added.sum,
    min: Math.min(before.min, added.min),
    max: Math.max(before.max, added.max),
  };
}

const all = new WeakMap<World, Metrics>();

/** The metrics of a local AWS. Services measure whether or not CloudWatch is there to be asked, as in AWS. */
export function metricsOf(world: World): Metrics {
  let metrics = all.get(world);
  if (metrics === undefined) {
    metrics = new Metrics(() => world.clock.now());
    all.set(world, metrics);
  }
  return metrics;
}
