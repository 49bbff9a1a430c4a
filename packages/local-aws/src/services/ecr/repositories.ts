import { join } from 'node:path';
import * as z from 'zod';
import type { ResourceType, World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';

/** A repository with its settings. */
export interface RepositoryRecord {
  name: string;
  arn: string;
  uri: string;
  createdAt: number;
  mutability: 'MUTABLE' | 'IMMUTABLE';
  scanOnPush: boolean;
  lifecyclePolicy?: string;
  /** Whether a stack may remove it with images in it. */
  emptyOnDelete?: boolean;
}

/** An image's manifest in a repository, by its digest. */
export interface Image {
  repository: string;
  digest: string;
  manifest: string;
  mediaType: string;
  tags: string[];
  pushedAt: number;
}

const NAME = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;

/** Everything about layers is inert: none is pushed or pulled here. */
const inert = z.unknown().optional();

const repositorySchema = z.strictObject({
  RepositoryName: z.string().optional(),
  ImageTagMutability: z.enum(['MUTABLE', 'IMMUTABLE']).default('MUTABLE'),
  ImageScanningConfiguration: z.strictObject({ ScanOnPush: z.boolean().default(false) }).optional(),
  LifecyclePolicy: z
    .strictObject({ LifecyclePolicyText: z.string().optional(), RegistryId: z.string().optional() })
    .optional(),
  EmptyOnDelete: z.boolean().default(false),
  RepositoryPolicyText: inert,
  EncryptionConfiguration: inert,
  Tags: inert,
});

/** The repositories of the account's registry, and their images. */
export class Repositories {
  readonly #world: World;
  readonly #records: Collection<RepositoryRecord>;
  readonly #images: Collection<Image>;

  constructor(world: World) {
    this.#world = world;
    this.#records = new Collection(join(world.folder('ecr'), 'repositories'));
    this.#images = new Collection(join(world.folder('ecr'), 'images'));
  }

  /** Makes the repository or changes its settings; its images stay. */
  put(
    name: string,
    settings: Pick<RepositoryRecord, 'mutability' | 'scanOnPush'> & Partial<RepositoryRecord>,
  ): RepositoryRecord {
    if (name.length < 2 || name.length > 256 || !NAME.test(name)) {
      throw new ServiceError(
        'InvalidParameterException',
        `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression "${NAME.source}"'`,
      );
    }
    const { region, accountId } = this.#world;
    const repository: RepositoryRecord = {
      name,
      arn: `arn:aws:ecr:${region}:${accountId}:repository/${name}`,
      uri: `${accountId}.dkr.ecr.${region}.amazonaws.com/${name}`,
      createdAt: this.#records.get(name)?.createdAt ?? this.#world.clock.now(),
      ...settings,
    };
    this.#records.put(name, repository);
    return repository;
  }

  has(name: string): boolean {
    return this.#records.has(name);
  }

  list(): RepositoryRecord[] {
    return this.#records.list().map(({ value }) => value);
  }

  /** @throws ServiceError `RepositoryNotFoundException` */
  get(name: string | undefined): RepositoryRecord {
    const repository = this.#records.get(name ?? '');
    if (repository !== undefined) return repository;
    throw new ServiceError(
      'RepositoryNotFoundException',
      `The repository with name '${name}' does not exist in the registry with id '${this.#world.accountId}'`,
    );
  }

  /** @throws ServiceError `RepositoryNotEmptyException` unless `force` */
  delete(name: string, force: boolean): RepositoryRecord {
    const repository = this.get(name);
    const images = this.images(name);
    if (images.length > 0 && !force) {
      throw new ServiceError(
        'RepositoryNotEmptyException',
        `The repository with name '${name}' in registry with id '${this.#world.accountId}' cannot be deleted because it still contains images`,
      );
    }
    for (const image of images) this.deleteImage(image);
    this.#records.delete(name);
    return repository;
  }

  /** Images of a repository, the newest first. */
  images(name: string): Image[] {
    return this.#images
      .list(`${name}@`)
      .map(({ value }) => value)
      .sort((one, other) => other.pushedAt - one.pushedAt);
  }

  putImage(image: Image): void {
    this.#images.put(`${image.repository}@${image.digest}`, image);
  }

  deleteImage({ repository, digest }: Pick<Image, 'repository' | 'digest'>): void {
    this.#images.delete(`${repository}@${digest}`);
  }

  /** `AWS::ECR::Repository`. */
  readonly resource: ResourceType = {
    createOnly: ['RepositoryName', 'EncryptionConfiguration'],
    put: (logicalId, given, stack) => {
      const properties = parseProperties(repositorySchema, given, `AWS::ECR::Repository "${logicalId}"`);
      const name = properties.RepositoryName ?? stack.physicalName(logicalId, 256).toLowerCase();
      refuseTaken(stack, 'AWS::ECR::Repository', name, this.has(name));
      const lifecyclePolicy = properties.LifecyclePolicy?.LifecyclePolicyText;
      const { arn, uri } = this.put(name, {
        mutability: properties.ImageTagMutability,
        scanOnPush: properties.ImageScanningConfiguration?.ScanOnPush ?? false,
        emptyOnDelete: properties.EmptyOnDelete,
        ...(lifecyclePolicy === undefined ? {} : { lifecyclePolicy }),
      });
      return { ref: name, attributes: { Arn: arn, RepositoryUri: uri } };
    },
    remove: ({ physicalId }) => {
      if (this.has(physicalId)) this.delete(physicalId, this.get(physicalId).emptyOnDelete === true);
    },
  };
}
