import { describe, expect, it } from 'vitest';
import { createQueue } from '../../../container/serve/queue.ts';

/** A task that ends when it is told to. */
function heldTask(name: string, ran: string[]) {
  let finish = () => {};
  const held = new Promise<string>((resolve) => {
    finish = () => resolve(name);
  });
  const task = () => {
    ran.push(name);
    return held;
  };
  return { task, finish: () => finish() };
}

const stays = new AbortController().signal;

describe('the queue of predictions', () => {
  it('runs tasks one after another where it may run one at once, also behind one that fails', async () => {
    const { inTurn } = createQueue({ atOnce: 1, limit: 10 });
    const ran: string[] = [];
    const note = (name: string) => async () => {
      ran.push(`${name} begins`);
      await Promise.resolve();
      ran.push(`${name} ends`);
      if (name === 'a') throw new Error('a fails');
      return name;
    };

    const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => inTurn(note(name), stays)));

    expect(ran).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('runs as many at once as it may, and the next one as soon as any of them ends', async () => {
    const { inTurn } = createQueue({ atOnce: 2, limit: 10 });
    const ran: string[] = [];
    const tasks = ['a', 'b', 'c', 'd'].map((name) => heldTask(name, ran));
    const [a, b, c, d] = tasks.map(({ task }) => inTurn(task, stays));
    expect(ran).toEqual(['a', 'b']);

    tasks[1]!.finish();
    expect(await b).toBe('b');
    expect(ran).toEqual(['a', 'b', 'c']);

    for (const { finish } of tasks) finish();
    expect(await Promise.all([a, c, d])).toEqual(['a', 'c', 'd']);
  });

  it('gives the place of a caller who goes to the next, and never runs the task', async () => {
    const { inTurn } = createQueue({ atOnce: 1, limit: 2 });
    const ran: string[] = [];
    const [first, gone, next, tooMany] = ['first', 'gone', 'next', 'too many'].map((name) =>
      heldTask(name, ran),
    );
    const caller = new AbortController();
    const firstRuns = inTurn(first!.task, stays);
    const goneWaits = inTurn(gone!.task, caller.signal);
    await expect(inTurn(tooMany!.task, stays)).rejects.toMatchObject({ status: 429 });

    caller.abort();
    const nextWaits = inTurn(next!.task, stays);
    await expect(goneWaits).rejects.toMatchObject({ name: 'CallerGone' });
    await expect(inTurn(tooMany!.task, stays)).rejects.toMatchObject({ status: 429 });
    first!.finish();
    next!.finish();

    expect(await Promise.all([firstRuns, nextWaits])).toEqual(['first', 'next']);
    expect(ran).toEqual(['first', 'next']);
  });

  it('lets a task that runs already end, and works again after it was idle', async () => {
    const { inTurn } = createQueue({ atOnce: 1, limit: 1 });
    const ran: string[] = [];
    const caller = new AbortController();
    const task = heldTask('runs', ran);
    const result = inTurn(() => {
      caller.abort();
      return task.task();
    }, caller.signal);
    task.finish();

    expect(await result).toBe('runs');
    expect(await inTurn(async () => 'again', stays)).toBe('again');
  });

  it('takes nothing of a caller who has gone already', async () => {
    const { inTurn } = createQueue({ atOnce: 1, limit: 1 });

    await expect(inTurn(async () => 'x', AbortSignal.abort())).rejects.toMatchObject({ name: 'CallerGone' });
  });
});
