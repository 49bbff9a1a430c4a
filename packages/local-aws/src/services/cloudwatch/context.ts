import type { World } from '../../service.ts';
import type { Alarms } from './alarms.ts';
import type { Evaluation } from './evaluation.ts';
import type { Metrics } from './metrics.ts';

/** What CloudWatch's operations work on. */
export interface CloudWatchContext {
  world: World;
  metrics: Metrics;
  alarms: Alarms;
  evaluation: Evaluation;
}
