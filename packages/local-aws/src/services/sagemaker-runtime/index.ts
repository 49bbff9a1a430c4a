import * as schemas from '@aws-sdk/client-sagemaker-runtime';
import { defineService } from '../../define-service.ts';
import { fleetOf } from '../sagemaker/seam.ts';
import constraints from './constraints.json' with { type: 'json' };
import type { RuntimeContext } from './context.ts';
import { invokeEndpoint } from './operations/invoke-endpoint.ts';
import { permissions } from './permissions.ts';

/** SageMaker's data plane: hands requests to the endpoints' containers. */
export const createSageMakerRuntime = defineService<RuntimeContext>({
  signingName: 'sagemaker',
  protocol: 'rest-json',
  schemas,
  constraints,
  paths: [/^\/endpoints\/[^/]+\/(async-)?invocations/],
  validationCode: 'ValidationError',
  permissions,
  createContext: (world) => ({ world, fleet: fleetOf(world) }),
  operations: { InvokeEndpoint: invokeEndpoint },
});
