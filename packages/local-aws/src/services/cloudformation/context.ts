import type { World } from '../../service.ts';
import type { ChangeSets } from './change-sets.ts';
import type { StackEngine } from './engine.ts';

/** What CloudFormation's operations work on. */
export interface CloudFormationContext {
  world: World;
  engine: StackEngine;
  changeSets: ChangeSets;
}
