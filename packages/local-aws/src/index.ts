/** AWS on one machine, from a CloudFormation template. See `startLocalAws`. */
export { systemClock } from './clock.ts';
export type { Command, ContainerOptions, ContainerVariables } from './container.ts';
export { defineService, type ServiceDefinition } from './define-service.ts';
export { BusyError, InvalidInputError, LocalAwsError, NotFoundError } from './errors.ts';
export type { BusEvent, Caller, Clock, Operation, Service, ServiceFactory, World } from './service.ts';
export { ServiceError } from './service.ts';
export type { Credentials, DeployedStack, Deployment, LocalAws, LocalAwsOptions } from './start.ts';
export { startLocalAws } from './start.ts';
