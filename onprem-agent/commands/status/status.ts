import type { SpooledModel, TrainingRecord } from '#core/contracts/agent-status.ts';
import { agentCommand } from '../../cli/command.ts';
import { formatAmount, formatDuration } from '../../cli/progress-bar.ts';
import { readStatus } from '../../service/read-status.ts';
import { spoolFolder, stateFolder } from '../../state-folder.ts';

export const status = agentCommand({
  args: {},
  examples: ['graft status', 'graft status --json'],
  async run({ io, output }) {
    const found = await readStatus(stateFolder(io.environment));
    const { service, bandwidth, trainings, spool, damaged, results } = found;
    const lines = [
      service === null
        ? 'service   not running (`graft watch`)'
        : `service   process ${service.pid}, since ${service.since}`,
      `bandwidth ${bandwidth}`,
      ...trainings.map((each) => `training  ${trainingText(each, service !== null)}`),
      '',
      spool.length === 0 ? 'Nothing waits in the spool.' : `In the spool (${spoolFolder(io.environment)}):`,
      ...spool.map((each) => `  ${each.id}  ${formatAmount(each.bytes, 'B')}  ${spooledText(each)}`),
      ...damaged.map(({ folder, reason }) => `  ${folder}  damaged: ${reason}`),
      ...(results.length === 0 ? [] : ['', 'Done last:']),
      ...results.map(({ finishedAt, id, bytes, uri }) => {
        return `  ${finishedAt}  ${id}  ${formatAmount(bytes, 'B')}  ${uri}`;
      }),
    ];
    output.result({ command: 'status', ...found }, lines.join('\n'));
  },
});

function trainingText({ images, out, state, at, reason, next }: TrainingRecord, isServed: boolean): string {
  const what = {
    training: isServed ? `goes on since ${at}` : `was interrupted, goes on with \`graft watch\``,
    trained: `trained at ${at}`,
    failed: `failed at ${at}: ${reason}`,
    unchanged: `nothing has changed, seen at ${at}`,
    missing: `no such folder, seen at ${at}`,
  }[state];
  const then = isServed && next !== null && state !== 'training' ? `; next ${next}` : '';
  return `${images} for ${out}: ${what}${then}`;
}

function spooledText({ state, bytes, done = 0, rate, reason, hint, failedAt }: SpooledModel): string {
  if (state === 'failed') return `given up at ${failedAt}: ${reason}.${hint === undefined ? '' : ` ${hint}`}`;
  if (state === 'trying') return `waits: ${reason}`;
  if (state === 'waiting') return reason ?? 'waits';
  if (rate === undefined) return 'begins';
  const left = rate > 0 ? `, ${formatDuration((bytes - done) / rate)} left` : '';
  return `uploading, ${Math.floor((100 * done) / Math.max(1, bytes))} %, ${formatAmount(rate, 'B')}/s${left}`;
}
