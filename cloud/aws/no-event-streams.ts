import { InvalidInputError } from '#core/errors.ts';

/**
 * Takes the place of the SDK's `@smithy/core/event-streams` in the functions' bundles
 * (`infrastructure/bundles.cjs`). No function reads an event stream, and because the SDK imports the module
 * only when it meets one, a bundle would keep most of the SDK apart in wrappers, which take longer to load.
 */
export const resolveEventStreamSerdeConfig = <T>(config: T): T => config;

export const eventStreamSerdeProvider = (): undefined => undefined;

/** @throws InvalidInputError always */
export class EventStreamSerde {
  constructor() {
    throw new InvalidInputError("A function's bundle cannot read or write event streams", {
      hint: 'infrastructure/bundles.cjs leaves them out.',
    });
  }
}
