import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from './ask.ts';

export interface Asked<T> {
  value?: T;
  error?: Error;
  /** Asks once more; the old value stays until the new one is there. */
  again(): void;
}

/** What the server answers to a path, asked again when the path changes. `undefined` asks nothing. */
export function useAsked<T>(path: string | undefined): Asked<T> {
  const state = useSignal<{ path?: string | undefined; value?: T; error?: Error }>({});
  const round = useSignal(0);
  useEffect(() => {
    if (path === undefined) return;
    const gone = new AbortController();
    ask<T>(path, gone.signal).then(
      (value) => {
        state.value = { path, value };
      },
      (error: Error) => {
        if (!gone.signal.aborted) state.value = { path, error };
      },
    );
    return () => gone.abort();
  }, [path, round.value]);
  const { path: _path, ...known } = state.value.path === path ? state.value : {};
  return {
    ...known,
    again: () => {
      round.value++;
    },
  };
}
