import { expect, it } from 'vitest';
import {
  EventStreamSerde,
  eventStreamSerdeProvider,
  resolveEventStreamSerdeConfig,
} from '#cloud/aws/no-event-streams.ts';

it('lets a client be made, and refuses an event stream by name', () => {
  const config = { region: 'eu-central-1' };

  expect(resolveEventStreamSerdeConfig(config)).toBe(config);
  expect(eventStreamSerdeProvider()).toBeUndefined();
  expect(() => new EventStreamSerde()).toThrow(/cannot read or write event streams/);
});
