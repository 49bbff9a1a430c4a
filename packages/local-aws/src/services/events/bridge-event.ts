import { randomUUID } from 'node:crypto';
import type { World } from '../../service.ts';
import type { BridgeEvent } from './target-input.ts';

/** Adds what the bus adds. */
export function bridgeEvent(
  world: World,
  given: {
    source: string;
    'detail-type': string;
    resources: string[];
    detail: Record<string, unknown>;
    time?: Date;
  },
): BridgeEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': given['detail-type'],
    source: given.source,
    account: world.accountId,
    // Whole seconds, as EventBridge writes them.
    time: `${(given.time ?? new Date(world.clock.now())).toISOString().slice(0, 19)}Z`,
    region: world.region,
    resources: given.resources,
    detail: given.detail,
  };
}
