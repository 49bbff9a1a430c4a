import { arnOf, type Permissions } from '../../operation-permissions.ts';

/** What InvokeEndpoint needs. Names in SageMaker's ARNs are lower case. */
export const permissions: Permissions = (operation, { EndpointName }, place) => [
  {
    action: `sagemaker:${operation}`,
    resource: arnOf('sagemaker', place, `endpoint/${EndpointName.toLowerCase()}`),
  },
];
