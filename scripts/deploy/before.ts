import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { Identity } from '../identity.ts';
import { s3ClientOf } from '../s3-client.ts';
import type { Target } from './arguments.ts';
import { findKeptBuckets, importBuckets, refuseKeptBuckets } from './kept-buckets.ts';
import { listRunningExecutions, refuseRunningExecutions } from './running-executions.ts';
import type { Step } from './steps.ts';

/**
 * Finds what prevents a deployment, before anything is built.
 *
 * @returns steps that come first
 * @throws GraftError that says what prevents it and how to go on
 */
export async function stepsBefore(target: Target, { account, arn }: Identity): Promise<Step[]> {
  const { stage, region } = target;
  if (!target.whileRunning) {
    const partition = arn.split(':')[1];
    const machine = `arn:${partition}:states:${region}:${account}:stateMachine:graft-${stage}-promote-model`;
    refuseRunningExecutions(await listRunningExecutions(new SFNClient({ region }), machine), machine);
  }
  const cloudFormation = new CloudFormationClient({ region });
  const kept = await findKeptBuckets(
    { s3: s3ClientOf({ region }), cloudFormation },
    { stage, region, account },
  );
  if (!target.importBuckets) refuseKeptBuckets(kept, stage);
  if (kept.length === 0) return [];
  return [
    {
      title: 'Import the buckets that an earlier deployment has left',
      command: `aws cloudformation create-change-set --change-set-type IMPORT … (${kept.map(({ name }) => name).join(', ')})`,
      run: () => importBuckets(cloudFormation, kept, stage),
    },
  ];
}
