import type { Agent } from '../../console/server/agents.ts';

const version = '20261123T154200Z-3f2a9c';
const at = '2026-11-28T20:00:00.000Z';
const spooled = { version, spooledAt: at, bytes: 480_000_000, destination: 'graft-prod' };

/** An agent with an upload under way, a queue, and one that was given up. */
export const uploadingAgent: Agent = {
  name: 'this machine',
  status: async () => ({
    ...{ schemaVersion: 1, host: 'gpu-box', agentVersion: '0.1.0', state: '/var/lib/graft/state' },
    service: { pid: 4711, since: at },
    bandwidth: '5 MB/s 08:00-18:00',
    spool: [
      { ...spooled, id: 'waits', model: 'mobilenet', state: 'waiting', reason: 'waits for its turn' },
      {
        ...{ ...spooled, id: 'failed', model: 'vit', state: 'failed', failedAt: at },
        ...{ reason: 'access denied', hint: 'Ask for s3:PutObject on the bucket.' },
      },
      { ...spooled, id: 'moves', model: 'resnet', state: 'uploading', done: 120_000_000, rate: 4_800_000 },
    ],
    damaged: [{ folder: '/var/lib/graft/state/spool/broken', reason: 'entry.json is not JSON' }],
    trainings: [
      {
        images: '/srv/images',
        out: '/srv/models/icons',
        state: 'trained',
        at,
        next: new Date(Date.now() + 3_700_000).toISOString(),
      },
    ],
    results: [
      {
        ...{ id: 'done', model: 'resnet', version, finishedAt: at, seconds: 84, bytes: 410_000_000 },
        uri: 's3://graft-prod-models/general/resnet/',
      },
    ],
  }),
};
