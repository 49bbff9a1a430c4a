import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as schemas from '@aws-sdk/client-sagemaker';
import { type ContainerOptions, defaultVariables } from '../../container.ts';
import { defineService } from '../../define-service.ts';
import { createSupervisor } from '../../processes/supervisor.ts';
import type { ServiceFactory, World } from '../../service.ts';
import constraints from './constraints.json' with { type: 'json' };
import type { SageMakerContext, SageMakerControl } from './context.ts';
import { EndpointController } from './endpoints/controller.ts';
import { fleetOf } from './endpoints/fleet.ts';
import { WarmContainers } from './endpoints/warm-containers.ts';
import { createEndpoint, deleteEndpoint, updateEndpoint } from './operations/change-endpoint.ts';
import { createTrainingJob } from './operations/create-training-job.ts';
import { createTransformJob } from './operations/create-transform-job.ts';
import { deleteTrainingJob } from './operations/delete-training-job.ts';
import { describeEndpoint, listEndpoints } from './operations/describe-endpoint.ts';
import { describeTrainingJob, listTrainingJobs } from './operations/describe-training-job.ts';
import {
  createEndpointConfig,
  deleteEndpointConfig,
  describeEndpointConfig,
  listEndpointConfigs,
} from './operations/endpoint-configs.ts';
import {
  createModelPackageGroup,
  deleteModelPackageGroup,
  describeModelPackageGroup,
  listModelPackageGroups,
} from './operations/model-package-groups.ts';
import {
  createModelPackage,
  deleteModelPackage,
  describeModelPackage,
  listModelPackages,
  updateModelPackage,
} from './operations/model-packages.ts';
import { createModel, deleteModel, describeModel, listModels } from './operations/models.ts';
import { stopTrainingJob } from './operations/stop-training-job.ts';
import { addTags, deleteTags, listTags } from './operations/tags.ts';
import { describeTransformJob, listTransformJobs, stopTransformJob } from './operations/transform-jobs.ts';
import { permissions } from './permissions.ts';
import { SageMakerStore } from './sagemaker-store.ts';
import { TrainingRunner } from './training/runner.ts';
import { TransformRunner } from './transform/runner.ts';

/** SageMaker's control plane: jobs and endpoints run the container's programs as child processes. */
export function createSageMaker(options: ContainerOptions = {}): ServiceFactory {
  return defineService<SageMakerControl>({
    signingName: 'sagemaker',
    protocol: 'json-1.1',
    schemas,
    constraints,
    targetPrefix: 'SageMaker',
    permissions,
    createContext: (world) => createContext(world, options),
    operations: {
      AddTags: addTags,
      CreateEndpoint: createEndpoint,
      CreateEndpointConfig: createEndpointConfig,
      CreateModel: createModel,
      CreateModelPackage: createModelPackage,
      CreateModelPackageGroup: createModelPackageGroup,
      CreateTrainingJob: createTrainingJob,
      CreateTransformJob: createTransformJob,
      DeleteEndpoint: deleteEndpoint,
      DeleteEndpointConfig: deleteEndpointConfig,
      DeleteModel: deleteModel,
      DeleteModelPackage: deleteModelPackage,
      DeleteModelPackageGroup: deleteModelPackageGroup,
      DeleteTags: deleteTags,
      DeleteTrainingJob: deleteTrainingJob,
      DescribeEndpoint: describeEndpoint,
      DescribeEndpointConfig: describeEndpointConfig,
      DescribeModel: describeModel,
      DescribeModelPackage: describeModelPackage,
      DescribeModelPackageGroup: describeModelPackageGroup,
      DescribeTrainingJob: describeTrainingJob,
      DescribeTransformJob: describeTransformJob,
      ListEndpointConfigs: listEndpointConfigs,
      ListEndpoints: listEndpoints,
      ListModelPackageGroups: listModelPackageGroups,
      ListModelPackages: listModelPackages,
      ListModels: listModels,
      ListTags: listTags,
      ListTrainingJobs: listTrainingJobs,
      ListTransformJobs: listTransformJobs,
      StopTrainingJob: stopTrainingJob,
      StopTransformJob: stopTransformJob,
      UpdateEndpoint: updateEndpoint,
      UpdateModelPackage: updateModelPackage,
    },
    start({ runner, transforms, controller }) {
      runner.resume();
      transforms.resume();
      controller.resume();
    },
    async stop({ close, runner, transforms, controller }) {
      close();
      await runner.close();
      // The controller ends all processes, also one that a transform job waits for.
      await Promise.all([transforms.close(), controller.close()]);
    },
  });
}

function createContext(world: World, options: ContainerOptions): SageMakerControl {
  const folder = world.folder('sagemaker');
  const workFolder = join(folder, 'work');
  // What a killed local AWS left of jobs and endpoints; both begin anew.
  rmSync(workFolder, { recursive: true, force: true });
  mkdirSync(workFolder, { recursive: true });
  const { log, clock } = world;
  const store = new SageMakerStore(folder);
  const closing = new AbortController();
  const { supervisor, variables, ...programs } = options;
  const container = {
    concurrentJobs: 2,
    warmContainers: 8,
    ...programs,
    variables: { ...defaultVariables, ...variables },
  };
  const sagemaker: SageMakerContext = {
    world,
    container,
    store,
    supervisor: supervisor ?? createSupervisor({ folder: join(folder, 'processes'), log, clock }),
    fleet: fleetOf(world),
    warm: new WarmContainers(container.warmContainers),
    closing: closing.signal,
    workFolder,
  };
  sagemaker.fleet.attach((name) => store.endpoints.get(name));
  return {
    ...sagemaker,
    runner: new TrainingRunner(sagemaker),
    transforms: new TransformRunner(sagemaker),
    controller: new EndpointController(sagemaker),
    close: () => closing.abort(),
  };
}
