import type { Provisioned, Service, ServiceFactory } from '../service.ts';

/** Resolved resources of a template: logical id → type and properties. */
export type Resources = Record<string, { Type: string; Properties: Record<string, unknown> }>;

/**
 * A service that starts with these resources, for tests of one service without a whole template. Their `Ref`
 * and attributes are in `provisioned` once the harness has started.
 *
 * @param folder of functions' archives
 */
export function provisioned(
  factory: ServiceFactory,
  resources: Resources,
  folder?: string,
): ServiceFactory & { provisioned: Record<string, Provisioned> } {
  const made: Record<string, Provisioned> = {};
  const create: ServiceFactory = (world): Service => {
    const service = factory(world);
    return {
      ...service,
      async start() {
        for (const [logicalId, { Type, Properties }] of Object.entries(resources)) {
          const resource = service.resources?.[Type];
          if (resource === undefined) throw new Error(`${service.signingName} has no ${Type}`);
          made[logicalId] = await resource.put(logicalId, Properties, {
            name: 'stack',
            isNew: false,
            ...(folder === undefined ? {} : { folder }),
            id: 'arn:aws:cloudformation:eu-central-1:000000000000:stack/stack/1',
            physicalName: (id, limit = 255) => `stack-${id}`.slice(0, limit),
          });
        }
        await service.start?.();
      },
    };
  };
  return Object.assign(create, { provisioned: made });
}
