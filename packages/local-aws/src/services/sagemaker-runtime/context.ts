import type { World } from '../../service.ts';
import type { Fleet } from '../sagemaker/seam.ts';

/** What the runtime API's operations work on. */
export interface RuntimeContext {
  world: World;
  fleet: Fleet;
}
