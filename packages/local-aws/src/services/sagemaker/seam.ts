/** What SageMaker's runtime API uses of the control plane: the endpoints' running containers. */
export { askContainer } from './ask-container.ts';
export { type Fleet, fleetOf, route } from './endpoints/fleet.ts';
export { LoadFailure } from './endpoints/loaded-models.ts';
export type { ServingContainer } from './endpoints/serving-container.ts';
export { parseS3Uri } from './s3-files.ts';
