import {
  DeleteModelPackageCommand,
  DeleteModelPackageGroupCommand,
  paginateListModelPackageGroups,
  paginateListModelPackages,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { ifThere } from './missing.ts';
import type { Part } from './part.ts';

/** Groups of the model registry, each with its versions: a group that has some is not deleted. */
export function modelPackageGroupsPart(sagemaker: SageMakerClient, prefix: string): Part {
  return {
    title: 'Groups in the model registry, with all versions',
    async list() {
      const names: string[] = [];
      const pages = paginateListModelPackageGroups({ client: sagemaker }, { NameContains: prefix });
      for await (const { ModelPackageGroupSummaryList } of pages) {
        names.push(...(ModelPackageGroupSummaryList ?? []).map((one) => one.ModelPackageGroupName!));
      }
      return names.filter((name) => name.startsWith(prefix));
    },
    remove: (name) =>
      ifThere(async () => {
        for (const arn of await versionsOf(sagemaker, name)) {
          await ifThere(async () => {
            await sagemaker.send(new DeleteModelPackageCommand({ ModelPackageName: arn }));
          });
        }
        await sagemaker.send(new DeleteModelPackageGroupCommand({ ModelPackageGroupName: name }));
      }),
  };
}

/** Read to the end before the first is deleted: a page refers to what it has shown. */
async function versionsOf(sagemaker: SageMakerClient, group: string): Promise<string[]> {
  const arns: string[] = [];
  const pages = paginateListModelPackages({ client: sagemaker }, { ModelPackageGroupName: group });
  for await (const { ModelPackageSummaryList } of pages) {
    arns.push(...(ModelPackageSummaryList ?? []).map((one) => one.ModelPackageArn!));
  }
  return arns;
}
