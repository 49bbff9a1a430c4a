import { DescribeTrainingJobCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Mode } from '#core/contracts/evaluation.ts';
import type { BilledJob } from '#core/report/compose.ts';
import { isMissing } from '../aws/failures.ts';

/**
 * How long a training job waited and ran, and for how many seconds it is billed. Undefined when it was never
 * started.
 *
 * @param reusedFrom execution of the earlier promotion that ran it
 */
export async function findTrainingBill(
  sagemaker: SageMakerClient,
  mode: Mode,
  job: string,
  reusedFrom: string | undefined,
): Promise<BilledJob | undefined> {
  const description = await sagemaker
    .send(new DescribeTrainingJobCommand({ TrainingJobName: job }))
    .catch((error: Error) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
  if (description === undefined) return undefined;
  const { ResourceConfig: resources } = description;
  return {
    mode,
    name: job,
    status: description.TrainingJobStatus ?? 'Unknown',
    spot: description.EnableManagedSpotTraining ?? false,
    ...optional('reusedFrom', reusedFrom),
    ...optional('arn', description.TrainingJobArn),
    ...optional('instanceType', resources?.InstanceType),
    ...optional('instances', resources?.InstanceCount),
    ...optional('createdAt', description.CreationTime?.toISOString()),
    ...optional('startedAt', description.TrainingStartTime?.toISOString()),
    ...optional('endedAt', description.TrainingEndTime?.toISOString()),
    ...optional('seconds', description.TrainingTimeInSeconds),
    ...optional('billableSeconds', description.BillableTimeInSeconds),
  };
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: Value };
}
