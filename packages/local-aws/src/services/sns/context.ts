import type { World } from '../../service.ts';
import type { Topics } from './topics.ts';

/** What SNS's operations work on. */
export interface SnsContext {
  world: World;
  topics: Topics;
}
