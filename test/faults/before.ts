import { join } from 'node:path';
import { pushDomain } from '../statemachines/stack.ts';
import { forgetLedger } from './ledger.ts';
import { DOMAIN } from './observe.ts';
import { play, settingsOf } from './run.ts';
import { type Before, faultless, liveBefore, type Plan } from './schedule.ts';
import { startStage } from './stage.ts';

const fine = {
  trainingSeconds: 0,
  servingSeconds: 0,
  quality: () => 'good' as const,
  jobFault: () => undefined,
  unhealthy: () => false,
  answered: () => {},
};

/**
 * Makes a state folder in which a domain has been deployed to without faults: the beginning of many runs.
 *
 * @throws Error when not even that works
 */
export async function prepare(before: Before, parent: string): Promise<string> {
  const folder = join(parent, before);
  const plan: Plan = { ...faultless, before, models: {}, starts: [] };
  const stage = await startStage({ folder, plan, fates: () => fine });
  await stage.makeBuckets();
  await pushDomain(stage.s3, DOMAIN, settingsOf(plan));
  await stage.stop();
  for (const [index, version] of liveBefore[before].entries()) {
    const input = { model: 'icons', version, domains: [DOMAIN] };
    const start = { name: `before-${index + 1}`, version, after: 60, by: { input } };
    const { violations, evidence } = await play({ ...plan, before: 'nothing', starts: [start] }, { folder });
    forgetLedger(folder);
    if (evidence.champion?.version !== version) throw new Error(`${before}: ${JSON.stringify(violations)}`);
  }
  return folder;
}
