import type {
  AddTagsCommandInput,
  AddTagsCommandOutput,
  DeleteTagsCommandInput,
  ListTagsCommandInput,
  ListTagsCommandOutput,
  Tag,
} from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from '../context.ts';
import { validation } from '../errors.ts';

const MOST_TAGS = 50;

/** Adds tags to a resource, replacing those of the same key. */
export function putTags({ store }: SageMakerContext, arn: string, tags: readonly Tag[] = []): void {
  if (tags.length === 0) return;
  const all = { ...store.tags.get(arn)?.tags };
  for (const { Key, Value } of tags) all[Key!] = Value!;
  if (Object.keys(all).length > MOST_TAGS) throw validation(`A resource has at most ${MOST_TAGS} tags.`);
  store.tags.put(arn, { tags: all });
}

export function addTags(
  sagemaker: SageMakerContext,
  input: AddTagsCommandInput,
): Omit<AddTagsCommandOutput, '$metadata'> {
  assertResource(sagemaker, input.ResourceArn!);
  putTags(sagemaker, input.ResourceArn!, input.Tags);
  return { Tags: listed(sagemaker, input.ResourceArn!) };
}

export function listTags(
  sagemaker: SageMakerContext,
  input: ListTagsCommandInput,
): Omit<ListTagsCommandOutput, '$metadata'> {
  assertResource(sagemaker, input.ResourceArn!);
  return { Tags: listed(sagemaker, input.ResourceArn!) };
}

export function deleteTags(sagemaker: SageMakerContext, input: DeleteTagsCommandInput) {
  const arn = input.ResourceArn!;
  assertResource(sagemaker, arn);
  const kept = Object.entries(sagemaker.store.tags.get(arn)?.tags ?? {}).filter(
    ([key]) => !input.TagKeys?.includes(key),
  );
  sagemaker.store.tags.put(arn, { tags: Object.fromEntries(kept) });
  return {};
}

/** The tags as events carry them. */
export function tagsOf({ store }: SageMakerContext, arn: string): Record<string, string> {
  return store.tags.get(arn)?.tags ?? {};
}

const listed = (sagemaker: SageMakerContext, arn: string): Tag[] =>
  Object.entries(tagsOf(sagemaker, arn)).map(([Key, Value]) => ({ Key, Value }));

function assertResource({ store }: SageMakerContext, arn: string): void {
  const all = [
    ...[store.jobs, store.transformJobs, store.models, store.configs, store.endpoints],
    ...[store.packageGroups, store.packages],
  ];
  if (!all.some((collection) => collection.list().some(({ value }) => value.arn === arn))) {
    throw validation(`Could not find resource "${arn}".`);
  }
}
