import type { Evidence, ExecutionSeen } from './observe.ts';
import { faultless, type Plan, versions } from './schedule.ts';

/** A run without faults in which one good model is promoted over another one, to be changed by a test. */
export const plainPlan: Plan = {
  ...faultless,
  before: 'one',
  models: { [versions.next]: 'good' },
  starts: [
    {
      name: 'promote',
      version: versions.next,
      after: 0,
      by: { input: { model: 'icons', version: versions.next, domains: ['produce'] } },
    },
  ],
};

export const deployedExecution: ExecutionSeen = {
  name: 'promote',
  status: 'SUCCEEDED',
  outcome: { outcome: 'DEPLOYED', reason: 'all is well', version: versions.next },
  decision: { decision: 'PROMOTE' },
};

/** How everything stands after that. */
export const soundEvidence: Evidence = {
  executions: [deployedExecution],
  champion: {
    version: versions.next,
    execution: 'promote',
    endpointConfig: 'config',
    trainingJob: 'job',
  },
  championExecutions: ['promote'],
  endpoint: { status: 'InService', config: 'config' },
  answer: { trainingJob: 'job', label: 'apple' },
};
