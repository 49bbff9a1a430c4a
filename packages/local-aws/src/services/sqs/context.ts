import type { World } from '../../service.ts';
import type { Queues } from './queues.ts';

/** What SQS's operations work on. */
export interface SqsContext {
  world: World;
  queues: Queues;
}
