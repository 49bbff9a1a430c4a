import {
  DeleteModelPackageCommand,
  DeleteModelPackageGroupCommand,
  paginateListModelPackageGroups,
  paginateListModelPackages,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { ignoreMissing } from './missing.ts';
import type { Part } from './part.ts';

/** Groups of the model registry, each with its versions: SageMaker deletes empty groups only. */
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
      ignoreMissing(async () => {
        for (const arn of await versionsOf(sagemaker, name)) {
          await ignoreMissing(async () => {
            await sagemaker.send(new DeleteModelPackageCommand({ ModelPackageName: arn }));
          });
        }
        await sagemaker.send(new DeleteModelPackageGroupCommand({ ModelPackageGroupName: name }));
      }),
  };
}

/** Reads all pages before the first deletion, since a page's token refers to the one before. */
async function versionsOf(sagemaker: SageMakerClient, group: string): Promise<string[]> {
  const arns: string[] = [];
  const pages = paginateListModelPackages({ client: sagemaker }, { ModelPackageGroupName: group });
  for await (const { ModelPackageSummaryList } of pages) {
    arns.push(...(ModelPackageSummaryList ?? []).map((one) => one.ModelPackageArn!));
  }
  return arns;
}
