import type { World } from '../../service.ts';
import type { Deliveries } from './deliveries.ts';
import type { Rules } from './rules.ts';

/** What EventBridge's operations work on. */
export interface EventsContext {
  world: World;
  rules: Rules;
  deliveries: Deliveries;
}
