import type { Supervisor } from '../../processes/supervisor.ts';
import type { World } from '../../service.ts';
import type { Fleet } from './endpoints/fleet.ts';
import type { WarmContainers } from './endpoints/warm-containers.ts';
import type { SageMakerStore } from './sagemaker-store.ts';

export interface SageMakerOptions {
  /** Folder with `train.mjs` and `serve.mjs`; by default what `npm run package` makes. */
  containerFolder: string;
  /** Training jobs that run at the same time; the others wait. */
  concurrentJobs: number;
  /** Containers of serverless endpoints that run at the same time; the others start when they are asked. */
  warmContainers: number;
  /** Starts the container's programs; by default as child processes. */
  supervisor?: Supervisor;
  /** A managed spot training job's instance is taken away after so many seconds of training, once; never when undefined. */
  spotSeconds?: number | undefined;
}

/** What SageMaker's operations work on. */
export interface SageMakerContext {
  world: World;
  options: SageMakerOptions;
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

type ResourceKind =
  | 'training-job'
  | 'model'
  | 'endpoint-config'
  | 'endpoint'
  | 'model-package-group'
  | 'model-package';

/** ARNs have the name in lower case, as in AWS. */
export function arnOf({ world }: Pick<SageMakerContext, 'world'>, kind: ResourceKind, name: string): string {
  return `arn:aws:sagemaker:${world.region}:${world.accountId}:${kind}/${name.toLowerCase()}`;
}
