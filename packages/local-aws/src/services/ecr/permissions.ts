import { arnOf, type Permissions } from '../../operation-permissions.ts';

/** What ECR's operations need. */
export const permissions: Permissions = (operation, { repositoryName }, place) => [
  {
    action: `ecr:${operation}`,
    resource:
      operation === 'GetAuthorizationToken' || repositoryName === undefined
        ? '*'
        : arnOf('ecr', place, `repository/${repositoryName}`),
  },
];
