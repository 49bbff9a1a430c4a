import { dirname } from 'node:path';
import type { World } from '../../service.ts';

/**
 * The environment of every container. It inherits nothing from the local AWS: what a developer has exported
 * must not change a job.
 *
 * @param home a folder of the container's own
 */
export function containerEnvironment(world: World, home: string): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    LANG: 'C.UTF-8',
    AWS_REGION: world.region,
    AWS_DEFAULT_REGION: world.region,
  };
}
