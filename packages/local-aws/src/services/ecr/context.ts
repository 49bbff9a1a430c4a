import type { World } from '../../service.ts';
import type { Repositories } from './repositories.ts';

/** What ECR's operations work on. */
export interface EcrContext {
  world: World;
  repositories: Repositories;
}
