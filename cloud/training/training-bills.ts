import {
  DescribeTrainingJobCommand,
  ResourceNotFound,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import type { Mode } from '#core/contracts/evaluation.ts';
import type { BilledJob } from '#core/report/compose.ts';

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
      // A name that never was is answered with a ValidationException.
      const unknown = error.name === 'ValidationException' && /not found/i.test(error.message);
      if (error instanceof ResourceNotFound || unknown) return undefined;
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
