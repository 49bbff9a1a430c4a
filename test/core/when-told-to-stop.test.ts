import { afterEach, describe, expect, test, vi } from 'vitest';
import { whenToldToStop } from '#core/when-told-to-stop.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/**
 * Listens at a clock of its own, with the listeners alone that are new: the test's own process must live on.
 */
function listen() {
  let now = 10_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const before = new Set(process.listeners('SIGHUP'));
  const callback = vi.fn();
  const release = whenToldToStop(callback);
  const hear = process.listeners('SIGHUP').find((each) => !before.has(each)) as () => void;
  return {
    callback,
    release,
    signal(afterMs: number) {
      now += afterMs;
      hear();
    },
    isListening: () => process.listeners('SIGHUP').includes(hear),
  };
}

describe('a program that is told to stop', () => {
  test('takes what the terminal sends and npm hands on for one Ctrl-C', () => {
    const heard = listen();

    heard.signal(0);
    heard.signal(3);

    expect(heard.callback).toHaveBeenCalledOnce();
    heard.release();
  });

  test('calls back again for a second request', () => {
    const heard = listen();

    heard.signal(0);
    heard.signal(2_000);

    expect(heard.callback).toHaveBeenCalledTimes(2);
    heard.release();
  });

  test('listens no longer than it should', () => {
    const heard = listen();

    heard.release();

    expect(heard.isListening()).toBe(false);
  });
});
