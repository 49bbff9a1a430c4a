import type { Operation, ServiceFactory } from '../src/service.ts';

/** A service that is spoken to like the real one, with the test's operations instead of its own. */
export function standIn(create: ServiceFactory, operations: Record<string, Operation>): ServiceFactory {
  return (world) => {
    const { constraints: _constraints, start: _start, ...real } = create(world);
    return { ...real, operations };
  };
}
