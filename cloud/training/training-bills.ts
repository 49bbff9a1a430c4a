import { DescribeTrainingJobCommand, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Mode } from '#core/contracts/evaluation.ts';
import type { BilledJob } from '#core/report/compose.ts';
import { isMissing } from '../aws/failures.ts';

/**
 * How long a training job waited, ran and is billed for. Undefined when there is no such job: it was never started.
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
    ...given('reusedFrom', reusedFrom),
    ...given('arn', description.TrainingJobArn),
    ...given('instanceType', resources?.InstanceType),
    ...given('instances', resources?.InstanceCount),
    ...given('createdAt', description.CreationTime?.toISOString()),
    ...given('startedAt', description.TrainingStartTime?.toISOString()),
    ...given('endedAt', description.TrainingEndTime?.toISOString()),
    ...given('seconds', description.TrainingTimeInSeconds),
    ...given('billableSeconds', description.BillableTimeInSeconds),
  };
}

function given<Name extends string, Value>(name: Name, value: Value | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: Value };
}
