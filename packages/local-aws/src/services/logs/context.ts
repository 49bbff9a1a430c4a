import type { World } from '../../service.ts';
import type { LogGroups } from './log-groups.ts';

/** What CloudWatch Logs' operations work on. */
export interface LogsContext {
  world: World;
  groups: LogGroups;
}
