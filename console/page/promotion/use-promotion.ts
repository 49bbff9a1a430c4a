import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Mode } from '#core/contracts/evaluation.ts';
import type { Curve, LogLine, LogName, PromotionEvents } from '../../contracts/promotions.ts';
import { AskError, listen } from '../ask.ts';

/** Lines of a log that are kept. */
const LINES = 5_000;
/** Milliseconds before the stream is asked for again after it broke. */
const AGAIN_MS = 3_000;

/** Everything that the stream has told so far. */
export type Told = Partial<Omit<PromotionEvents, 'curve' | 'log'>> & {
  curves: Partial<Record<Mode, Curve>>;
  logs: Partial<Record<LogName, LogLine[]>>;
};

const nothing: Told = { curves: {}, logs: {} };

function withEvent(told: Told, name: string, data: unknown): Told {
  if (name === 'curve') {
    const curve = data as Curve;
    return { ...told, curves: { ...told.curves, [curve.mode]: curve } };
  }
  if (name === 'log') {
    const { of, lines } = data as PromotionEvents['log'];
    const all = [...(told.logs[of] ?? []), ...lines];
    // Lines of one function may come after later ones of another.
    if (of === 'functions') all.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
    return { ...told, logs: { ...told.logs, [of]: all.slice(-LINES) } };
  }
  return { ...told, [name]: data };
}

/** Follows a domain's promotion, live, until it has ended. */
export function usePromotion(execution: string, domain: string) {
  const told = useSignal<Told>(nothing);
  const error = useSignal<Error | undefined>(undefined);
  useEffect(() => {
    const gone = new AbortController();
    const path = `/api/promotions/${encodeURIComponent(execution)}/${domain}/events`;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const follow = async () => {
      // A stream begins with everything, so what an earlier one has told is replaced.
      let fresh = nothing;
      try {
        await listen(
          path,
          (name, data) => {
            error.value = undefined;
            fresh = withEvent(fresh, name, data);
            told.value = fresh;
          },
          gone.signal,
        );
        if (fresh.end !== undefined) return;
      } catch (caught) {
        if (gone.signal.aborted) return;
        error.value = caught as Error;
        if (caught instanceof AskError && caught.status >= 400 && caught.status < 500) return;
      }
      timer = setTimeout(follow, AGAIN_MS);
    };
    void follow();
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [execution, domain]);
  return { told: told.value, error: error.value };
}
