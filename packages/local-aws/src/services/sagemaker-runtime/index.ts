import * as schemas from '@aws-sdk/client-sagemaker-runtime';
import type { ServiceFactory } from '../../service.ts';
import { fleetOf } from '../sagemaker/seam.ts';
import constraints from './constraints.json' with { type: 'json' };
import { invokeEndpoint } from './invoke-endpoint.ts';
import { permissions } from './permissions.ts';

/** SageMaker's data plane: hands requests to the endpoints' containers. */
export const createSageMakerRuntime: ServiceFactory = (world) => {
  const fleet = fleetOf(world);
  return {
    signingName: 'sagemaker',
    protocol: 'rest-json',
    paths: [/^\/endpoints\/[^/]+\/(async-)?invocations/],
    validationCode: 'ValidationError',
    permissions,
    schemas,
    constraints,
    operations: {
      InvokeEndpoint: (input) => invokeEndpoint({ world, fleet }, input),
    },
  };
};
