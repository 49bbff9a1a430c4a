import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from './ask.ts';

export interface Asked<T> {
  value?: T;
  error?: Error;
  /** How many answers there have been. */
  answers: number;
  /** Asks once more; the old value stays until the new one is there. */
  again(): void;
}

/**
 * What the server answers to a path, asked again when the path changes. `undefined` asks nothing.
 *
 * @param changes asks again when it changes
 */
export function useAsked<T>(path: string | undefined, changes?: unknown): Asked<T> {
  const state = useSignal<{ path?: string | undefined; value?: T; error?: Error; answers: number }>({
    answers: 0,
  });
  const round = useSignal(0);
  useEffect(() => {
    if (path === undefined) return;
    const gone = new AbortController();
    const answered = (news: { value: T } | { error: Error }) => {
      if (gone.signal.aborted) return;
      const { path: before, answers, error: _error, ...known } = state.value;
      state.value = { ...(before === path ? known : {}), ...news, path, answers: answers + 1 };
    };
    ask<T>(path, gone.signal).then(
      (value) => answered({ value }),
      (error: Error) => answered({ error }),
    );
    return () => gone.abort();
  }, [path, changes, round.value]);
  const { path: of, answers, ...known } = state.value;
  return {
    ...(of === path ? known : {}),
    answers,
    again: () => {
      round.value++;
    },
  };
}
