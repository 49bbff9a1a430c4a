import type { Trouble } from '../upload/trouble.ts';

/** What the service counts since it began. */
export interface ServiceCounts {
  uploads: { done: number; givenUp: number };
  troubles: Record<Exclude<Trouble, 'final'>, number>;
  bytesUploaded: number;
  taken: { done: number; failed: number };
  trainings: { done: number; failed: number };
  /** Seconds since 1970; 0 where nothing has been uploaded yet. */
  lastSuccess: number;
}

/** What is there now. */
export interface ServiceGauges {
  waiting: number;
  failed: number;
  waitingBytes: number;
  /** Bytes a second. */
  rate: number;
}

export const noCounts = (): ServiceCounts => ({
  uploads: { done: 0, givenUp: 0 },
  troubles: { network: 0, server: 0, credentials: 0 },
  bytesUploaded: 0,
  taken: { done: 0, failed: 0 },
  trainings: { done: 0, failed: 0 },
  lastSuccess: 0,
});

/** In the text format of Prometheus, version 0.0.4. */
export function metricsText(counts: ServiceCounts, gauges: ServiceGauges): string {
  const lines: string[] = [];
  const add = (name: string, type: 'counter' | 'gauge', help: string, values: [string, number][]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of values) lines.push(`${name}${labels} ${value}`);
  };
  add('graft_spool_entries', 'gauge', 'Models in the spool.', [
    ['{state="waiting"}', gauges.waiting],
    ['{state="failed"}', gauges.failed],
  ]);
  add('graft_spool_bytes', 'gauge', 'Bytes of the models in the spool.', [['', gauges.waitingBytes]]);
  add('graft_upload_rate_bytes', 'gauge', 'Bytes a second that are being uploaded.', [['', gauges.rate]]);
  add('graft_uploads_total', 'counter', 'Uploads that ended.', [
    ['{result="done"}', counts.uploads.done],
    ['{result="given_up"}', counts.uploads.givenUp],
  ]);
  add('graft_uploaded_bytes_total', 'counter', 'Bytes of the models that were uploaded.', [
    ['', counts.bytesUploaded],
  ]);
  add(
    'graft_upload_troubles_total',
    'counter',
    'Failed attempts that were tried again.',
    Object.entries(counts.troubles).map(([kind, value]) => [`{kind="${kind}"}`, value]),
  );
  add('graft_folders_total', 'counter', 'Watched folders that were taken.', [
    ['{result="done"}', counts.taken.done],
    ['{result="failed"}', counts.taken.failed],
  ]);
  add('graft_trainings_total', 'counter', 'Trainings that ended.', [
    ['{result="done"}', counts.trainings.done],
    ['{result="failed"}', counts.trainings.failed],
  ]);
  add('graft_last_upload_timestamp_seconds', 'gauge', 'When a model was uploaded last.', [
    ['', counts.lastSuccess],
  ]);
  return `${lines.join('\n')}\n`;
}
