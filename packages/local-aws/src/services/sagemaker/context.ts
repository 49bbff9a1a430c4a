import type { ContainerOptions, ContainerVariables } from '../../container.ts';
import type { Supervisor } from '../../processes/supervisor.ts';
import type { World } from '../../service.ts';
import type { EndpointController } from './endpoints/controller.ts';
import type { Fleet } from './endpoints/fleet.ts';
import type { WarmContainers } from './endpoints/warm-containers.ts';
import type { SageMakerStore } from './sagemaker-store.ts';
import type { TrainingRunner } from './training/runner.ts';
import type { TransformRunner } from './transform/runner.ts';

/** `ContainerOptions` with their defaults. */
export interface ContainerSettings extends Pick<ContainerOptions, 'train' | 'serve' | 'spotSeconds'> {
  variables: ContainerVariables;
  concurrentJobs: number;
  warmContainers: number;
}

/** What SageMaker's jobs and endpoints work on. */
export interface SageMakerContext {
  world: World;
  container: ContainerSettings;
  store: SageMakerStore;
  supervisor: Supervisor;
  /** The endpoints' processes, which the runtime API asks. */
  fleet: Fleet;
  /** Of them, the serverless ones that run. */
  warm: WarmContainers;
  /** Aborts when the local AWS stops: what ends from then on is not to be started again. */
  closing: AbortSignal;
  /** Folder for jobs and endpoints, each with its own `/opt/ml`. */
  workFolder: string;
}

/** What SageMaker's operations work on: all that, and what runs jobs and endpoints. */
export interface SageMakerControl extends SageMakerContext {
  runner: TrainingRunner;
  transforms: TransformRunner;
  controller: EndpointController;
  /** Aborts `closing`. */
  close(): void;
}

type ResourceKind =
  | 'training-job'
  | 'transform-job'
  | 'model'
  | 'endpoint-config'
  | 'endpoint'
  | 'model-package-group'
  | 'model-package';

/** ARNs have the name in lower case, as in AWS. */
export function arnOf({ world }: Pick<SageMakerContext, 'world'>, kind: ResourceKind, name: string): string {
  return `arn:aws:sagemaker:${world.region}:${world.accountId}:${kind}/${name.toLowerCase()}`;
}
