import { describe, expect, it } from 'vitest';
import { defineService } from '../src/define-service.ts';
import type { RequestContext, ServiceFactory, World } from '../src/service.ts';

const facts = { signingName: 'counters', protocol: 'json-1.0', schemas: {} } as const;
const world = { region: 'here' } as World;
const request = { requestId: 'one' } as RequestContext;

interface Counter {
  region: string;
  counted: number;
  stopped: boolean;
}

function createCounters(): ServiceFactory {
  return defineService<Counter>({
    ...facts,
    createContext: ({ region }) => ({ region, counted: 0, stopped: false }),
    checkInput(_counter, input) {
      if ('refused' in input) throw new Error('refused');
    },
    operations: {
      Count(counter, { by }: { by: number }, { requestId }) {
        counter.counted += by;
        return { ...counter, requestId };
      },
    },
    resources: (counter) => ({
      'Test::Counter': { put: () => ({ ref: String(counter.counted) }), remove() {} },
    }),
    stop(counter) {
      counter.stopped = true;
    },
  });
}

describe('a service by its definition', () => {
  it('gives its operations what it keeps, the input and the request', () => {
    const service = createCounters()(world);

    service.operations.Count!({ by: 2 }, request);

    expect(service.operations.Count!({ by: 3 }, request)).toEqual({
      region: 'here',
      counted: 5,
      stopped: false,
      requestId: 'one',
    });
    expect(service.resources!['Test::Counter']!.put('id', {}, {} as never)).toEqual({ ref: '5' });
  });

  it('keeps something of its own for each local AWS', async () => {
    const create = createCounters();
    const [first, second] = [create(world), create({ region: 'there' } as World)];

    first.operations.Count!({ by: 2 }, request);
    await first.stop!();

    expect(second.operations.Count!({ by: 1 }, request)).toMatchObject({
      region: 'there',
      counted: 1,
      stopped: false,
    });
    expect(first.operations.Count!({ by: 0 }, request)).toMatchObject({ counted: 2, stopped: true });
  });

  it('checks every input before the operation runs', () => {
    const service = createCounters()(world);

    expect(() => service.operations.Count!({ by: 2, refused: true }, request)).toThrow('refused');
    expect(service.operations.Count!({ by: 0 }, request)).toMatchObject({ counted: 0 });
  });

  it('has its facts, and no part that the definition leaves out', () => {
    const service = createCounters()(world);

    expect(service).toMatchObject(facts);
    expect(Object.keys(service).sort()).toEqual(
      [...Object.keys(facts), 'operations', 'resources', 'stop'].sort(),
    );
  });
});
