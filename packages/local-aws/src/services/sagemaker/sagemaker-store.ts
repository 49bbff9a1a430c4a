import { join } from 'node:path';
import { Collection } from '../../store/collection.ts';
import type {
  EndpointConfigRecord,
  EndpointRecord,
  ModelPackageGroupRecord,
  ModelPackageRecord,
  ModelRecord,
  TagRecord,
  TrainingJobRecord,
  TransformJobRecord,
} from './records.ts';

/** Everything that SageMaker keeps, by name; tags by ARN. */
export class SageMakerStore {
  readonly jobs: Collection<TrainingJobRecord>;
  readonly transformJobs: Collection<TransformJobRecord>;
  readonly models: Collection<ModelRecord>;
  readonly configs: Collection<EndpointConfigRecord>;
  readonly endpoints: Collection<EndpointRecord>;
  readonly packageGroups: Collection<ModelPackageGroupRecord>;
  /** By `<group>/<version>`. */
  readonly packages: Collection<ModelPackageRecord>;
  readonly tags: Collection<TagRecord>;

  constructor(folder: string) {
    this.jobs = new Collection(join(folder, 'training-jobs'));
    this.transformJobs = new Collection(join(folder, 'transform-jobs'));
    this.models = new Collection(join(folder, 'models'));
    this.configs = new Collection(join(folder, 'endpoint-configs'));
    this.endpoints = new Collection(join(folder, 'endpoints'));
    this.packageGroups = new Collection(join(folder, 'model-package-groups'));
    this.packages = new Collection(join(folder, 'model-packages'));
    this.tags = new Collection(join(folder, 'tags'));
  }
}
