import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as schemas from '@aws-sdk/client-sagemaker';
import { type ContainerOptions, defaultVariables } from '../../container.ts';
import { createSupervisor } from '../../processes/supervisor.ts';
import type { ServiceFactory } from '../../service.ts';
import constraints from './constraints.json' with { type: 'json' };
import type { SageMakerContext } from './context.ts';
import {
  createEndpointConfig,
  deleteEndpointConfig,
  describeEndpointConfig,
  listEndpointConfigs,
} from './endpoint-configs.ts';
import { createEndpoint, deleteEndpoint, updateEndpoint } from './endpoints/change-endpoint.ts';
import { EndpointController } from './endpoints/controller.ts';
import { describeEndpoint, listEndpoints } from './endpoints/describe-endpoint.ts';
import { fleetOf } from './endpoints/fleet.ts';
import { WarmContainers } from './endpoints/warm-containers.ts';
import {
  createModelPackageGroup,
  deleteModelPackageGroup,
  describeModelPackageGroup,
  listModelPackageGroups,
} from './model-package-groups.ts';
import {
  createModelPackage,
  deleteModelPackage,
  describeModelPackage,
  listModelPackages,
  updateModelPackage,
} from './model-packages.ts';
import { createModel, deleteModel, describeModel, listModels } from './models.ts';
import { permissions } from './permissions.ts';
import { SageMakerStore } from './sagemaker-store.ts';
import { addTags, deleteTags, listTags } from './tags.ts';
import { createTrainingJob } from './training/create-training-job.ts';
import { deleteTrainingJob } from './training/delete-training-job.ts';
import { describeTrainingJob, listTrainingJobs } from './training/describe-training-job.ts';
import { TrainingRunner } from './training/runner.ts';
import { stopTrainingJob } from './training/stop-training-job.ts';

/** SageMaker's control plane: training jobs and endpoints run the container's programs as child processes. */
export function createSageMaker(options: ContainerOptions = {}): ServiceFactory {
  return (world) => {
    const folder = world.folder('sagemaker');
    const { log, clock } = world;
    const supervisor =
      options.supervisor ?? createSupervisor({ folder: join(folder, 'processes'), log, clock });
    const workFolder = join(folder, 'work');
    // What a killed local AWS left of jobs and endpoints; both begin anew.
    rmSync(workFolder, { recursive: true, force: true });
    mkdirSync(workFolder, { recursive: true });
    const store = new SageMakerStore(folder);
    const closing = new AbortController();
    const { supervisor: _, variables, ...programs } = options;
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
      supervisor,
      fleet: fleetOf(world),
      warm: new WarmContainers(container.warmContainers),
      closing: closing.signal,
      workFolder,
    };
    sagemaker.fleet.attach((name) => store.endpoints.get(name));
    const runner = new TrainingRunner(sagemaker);
    const controller = new EndpointController(sagemaker);

    return {
      signingName: 'sagemaker',
      protocol: 'json-1.1',
      targetPrefix: 'SageMaker',
      permissions,
      schemas,
      constraints,
      operations: {
        AddTags: (input) => addTags(sagemaker, input),
        CreateEndpoint: (input) => createEndpoint(sagemaker, controller, input),
        CreateEndpointConfig: (input) => createEndpointConfig(sagemaker, input),
        CreateModel: (input) => createModel(sagemaker, input),
        CreateModelPackage: (input) => createModelPackage(sagemaker, input),
        CreateModelPackageGroup: (input) => createModelPackageGroup(sagemaker, input),
        CreateTrainingJob: (input) => createTrainingJob(sagemaker, runner, input),
        DeleteEndpoint: (input) => deleteEndpoint(sagemaker, controller, input),
        DeleteEndpointConfig: (input) => deleteEndpointConfig(sagemaker, input),
        DeleteModel: (input) => deleteModel(sagemaker, input),
        DeleteModelPackage: (input) => deleteModelPackage(sagemaker, input),
        DeleteModelPackageGroup: (input) => deleteModelPackageGroup(sagemaker, input),
        DeleteTags: (input) => deleteTags(sagemaker, input),
        DeleteTrainingJob: (input) => deleteTrainingJob(sagemaker, input),
        DescribeEndpoint: (input) => describeEndpoint(sagemaker, input),
        DescribeEndpointConfig: (input) => describeEndpointConfig(sagemaker, input),
        DescribeModel: (input) => describeModel(sagemaker, input),
        DescribeModelPackage: (input) => describeModelPackage(sagemaker, input),
        DescribeModelPackageGroup: (input) => describeModelPackageGroup(sagemaker, input),
        DescribeTrainingJob: (input) => describeTrainingJob(sagemaker, input),
        ListEndpointConfigs: (input) => listEndpointConfigs(sagemaker, input),
        ListEndpoints: (input) => listEndpoints(sagemaker, input),
        ListModelPackageGroups: (input) => listModelPackageGroups(sagemaker, input),
        ListModelPackages: (input) => listModelPackages(sagemaker, input),
        ListModels: (input) => listModels(sagemaker, input),
        ListTags: (input) => listTags(sagemaker, input),
        ListTrainingJobs: (input) => listTrainingJobs(sagemaker, input),
        StopTrainingJob: (input) => stopTrainingJob(sagemaker, runner, input),
        UpdateEndpoint: (input) => updateEndpoint(sagemaker, controller, input),
        UpdateModelPackage: (input) => updateModelPackage(sagemaker, input),
      },
      start() {
        runner.resume();
        controller.resume();
      },
      async stop() {
        closing.abort();
        await runner.close();
        await controller.close();
      },
    };
  };
}
