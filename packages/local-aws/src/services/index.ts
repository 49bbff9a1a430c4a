import type { ContainerOptions } from '../container.ts';
import type { ServiceFactory } from '../service.ts';
import { createApiGateway } from './api-gateway/index.ts';
import { createCloudFormation } from './cloudformation/index.ts';
import { createCloudWatch } from './cloudwatch/index.ts';
import { createEcr } from './ecr/index.ts';
import { createEvents } from './events/index.ts';
import { createIam } from './iam/index.ts';
import { createLambda } from './lambda/index.ts';
import { createLogs } from './logs/index.ts';
import { createS3 } from './s3/index.ts';
import { createSageMaker } from './sagemaker/index.ts';
import { createSageMakerRuntime } from './sagemaker-runtime/index.ts';
import { createSns } from './sns/index.ts';
import { createSqs } from './sqs/index.ts';
import { createStepFunctions } from './step-functions/index.ts';
import { createSts } from './sts/index.ts';

/** Every service of the local AWS. The first starts first and stops last. */
export const allServices = (container?: ContainerOptions): readonly ServiceFactory[] => [
  createIam,
  createSts,
  createCloudFormation,
  createLogs,
  createS3,
  createSns,
  createSqs,
  createLambda,
  createCloudWatch,
  createEcr,
  createSageMaker(container),
  createSageMakerRuntime,
  createStepFunctions,
  createEvents,
  createApiGateway,
];

export {
  createApiGateway,
  createCloudFormation,
  createCloudWatch,
  createEcr,
  createEvents,
  createIam,
  createLambda,
  createLogs,
  createS3,
  createSageMaker,
  createSageMakerRuntime,
  createSns,
  createSqs,
  createStepFunctions,
  createSts,
};
