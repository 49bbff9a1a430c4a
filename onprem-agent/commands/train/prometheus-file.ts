import { rename, writeFile } from 'node:fs/promises';
import { monotonicMs } from '#core/monotonic.ts';

/** A measurement; those without a value yet are left out. */
export interface Gauge {
  name: string;
  help: string;
  value: number | undefined;
}

const MILLISECONDS_BETWEEN = 5_000;

export interface PrometheusFile {
  /** Writes at most every five seconds, unless it is urgent. */
  write(gauges: readonly Gauge[], isUrgent?: boolean): Promise<void>;
}

/**
 * A file for the textfile collector of node_exporter, which never sees half of it. Its name has to end with
 * .prom there. Gauges stay when the training has ended; the last one tells when they were written.
 *
 * @param onFailure is told once when it cannot be written
 */
export function openPrometheusFile(
  path: string,
  labels: Readonly<Record<string, string>>,
  onFailure: (message: string) => void,
): PrometheusFile {
  let writtenAt = Number.NEGATIVE_INFINITY;
  let hasFailed = false;
  const own = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return {
    async write(gauges, isUrgent = false) {
      const now = monotonicMs();
      if (!isUrgent && now - writtenAt < MILLISECONDS_BETWEEN) return;
      writtenAt = now;
      const updated = {
        name: 'graft_train_updated_timestamp_seconds',
        help: 'When this file was written.',
        value: Date.now() / 1_000,
      };
      const text = [...gauges, updated]
        .filter(({ value }) => value !== undefined && Number.isFinite(value))
        .map(({ name, help, value }) => {
          return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name}{${own.join(',')}} ${value}\n`;
        })
        .join('');
      try {
        await writeFile(`${path}.new`, text);
        await rename(`${path}.new`, path);
      } catch (error) {
        if (!hasFailed) onFailure(`Metrics cannot be written to "${path}": ${(error as Error).message}`);
        hasFailed = true;
      }
    },
  };
}

const escaped = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
