import type { World } from '../../service.ts';
import type { RestApis } from './apis.ts';
import type { UsagePlans } from './usage-plans.ts';

/** What API Gateway's operations and resources work on. */
export interface ApiGatewayContext {
  world: World;
  apis: RestApis;
  usagePlans: UsagePlans;
}
