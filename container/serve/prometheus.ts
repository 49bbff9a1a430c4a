/** A metric in the text format of Prometheus (version 0.0.4), which its scrapers and most others read. */
export interface Metric {
  text(): string;
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const head = (name: string, type: string, help: string) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

/** What has been counted since the start, by labels whose values are few and our own. */
export function counter<Labels extends Record<string, string>>(name: string, help: string) {
  const counts = new Map<string, number>();
  return {
    add(labels: Labels): void {
      const key = Object.entries(labels)
        .map(([label, value]) => `${label}="${value}"`)
        .join(',');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    text() {
      const lines = [...counts].sort().map(([labels, count]) => `${name}{${labels}} ${count}\n`);
      return head(name, 'counter', help) + lines.join('');
    },
  } satisfies Metric & { add(labels: Labels): void };
}

/** What is measured at the moment of asking. */
export const gauge = (name: string, help: string, value: () => number): Metric => ({
  text: () => `${head(name, 'gauge', help)}${name} ${value()}\n`,
});

/** @param bounds upper bounds of the buckets, ascending; values above the last one count in `+Inf` */
export function histogram(name: string, help: string, bounds: readonly number[]) {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let sum = 0;
  return {
    observe(value: number): void {
      const at = bounds.findIndex((bound) => value <= bound);
      counts[at < 0 ? bounds.length : at]! += 1;
      sum += value;
    },
    text() {
      let count = 0;
      const lines = [...bounds, '+Inf'].map((bound, at) => {
        count += counts[at]!;
        return `${name}_bucket{le="${bound}"} ${count}\n`;
      });
      return `${head(name, 'histogram', help)}${lines.join('')}${name}_sum ${sum}\n${name}_count ${count}\n`;
    },
  } satisfies Metric & { observe(value: number): void };
}
