import { z } from 'zod';
import { parse } from '#core/parse.ts';
import type { ResourceType } from '../../service.ts';
import type { SageMakerContext } from './context.ts';

/** Everything about images is inert: none is pushed or pulled here. */
const inert = z.unknown().optional();

const repositorySchema = z.strictObject({
  RepositoryName: z.string().optional(),
  ImageTagMutability: inert,
  ImageTagMutabilityExclusionFilters: inert,
  ImageScanningConfiguration: inert,
  LifecyclePolicy: inert,
  RepositoryPolicyText: inert,
  EncryptionConfiguration: inert,
  EmptyOnDelete: inert,
  Tags: inert,
});

/** `AWS::ECR::Repository`: a name for the container that was built into `.build/`. */
export function repositoryResource({ store, world }: SageMakerContext): ResourceType {
  return (logicalId, properties, stack) => {
    const parsed = parse(repositorySchema, properties, `AWS::ECR::Repository ${logicalId}`);
    const name = parsed.RepositoryName ?? stack.physicalName(logicalId, 256).toLowerCase();
    const uri = `${world.accountId}.dkr.ecr.${world.region}.amazonaws.com/${name}`;
    store.repositories.put(name, { uri });
    return {
      ref: name,
      attributes: {
        Arn: `arn:aws:ecr:${world.region}:${world.accountId}:repository/${name}`,
        RepositoryUri: uri,
      },
    };
  };
}

/**
 * Why an image cannot run here, or undefined when it can: every tag and digest of a repository of the template is the
 * container that `npm run build` made, and nothing else is.
 */
export function imageProblem({ store }: SageMakerContext, image: string): string | undefined {
  const uris = store.repositories.list().map(({ value }) => value.uri);
  const repository = image
    .replace(/@sha256:[0-9a-f]{64}$/, '')
    .replace(/:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, '');
  if (uris.includes(repository)) return undefined;
  const known = uris.length === 0 ? 'the template has no AWS::ECR::Repository' : `it runs ${uris.join(', ')}`;
  return `ClientError: Cannot pull algorithm container. The local AWS cannot run the image ${image}: ${known}.`;
}
