import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { DomainFigures, DomainRow } from '../../contracts/domains.ts';
import { listen } from '../ask.ts';

interface Told {
  rows: ReadonlyMap<string, DomainRow>;
  /** They come later than the rows. */
  figures: ReadonlyMap<string, DomainFigures>;
}

const withAll = <Value extends { domain: string }>(known: ReadonlyMap<string, Value>, values: Value[]) =>
  new Map([...known, ...values.map((value) => [value.domain, value] as const)]);

/**
 * What the list shows of some domains. Those that come into view at the same time are asked for together, and
 * once more when something has changed; those that stay out of view never.
 *
 * @param changes asks again when it changes
 * @returns what is known, and a function that takes the element of each domain
 */
export function useRows(changes: unknown) {
  const told = useSignal<Told>({ rows: new Map(), figures: new Map() });
  const error = useSignal<Error | undefined>(undefined);
  const { current: of } = useRef({
    seen: new Set<string>(),
    elements: new Map<Element, string>(),
    gone: new AbortController(),
    observer: undefined as IntersectionObserver | undefined,
  });

  const askFor = (domains: string[]) => {
    const { signal } = of.gone;
    listen(
      `/api/rows?${new URLSearchParams(domains.map((domain) => ['domain', domain]))}`,
      (name, data) => {
        const { rows, figures } = told.value;
        if (name === 'rows') told.value = { rows: withAll(rows, data as DomainRow[]), figures };
        else told.value = { rows, figures: withAll(figures, data as DomainFigures[]) };
        error.value = undefined;
      },
      signal,
    ).catch((caught: Error) => {
      if (!signal.aborted) error.value = caught;
    });
  };
  of.observer ??= new IntersectionObserver((entries) => {
    const inView = entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target);
    const fresh = inView.map((element) => of.elements.get(element)!).filter((domain) => !of.seen.has(domain));
    for (const element of inView) of.observer?.unobserve(element);
    for (const domain of fresh) of.seen.add(domain);
    if (fresh.length > 0) askFor(fresh);
  });

  useEffect(() => {
    if (of.seen.size === 0) return;
    // What was asked before this change is old.
    of.gone.abort();
    of.gone = new AbortController();
    askFor([...of.seen]);
  }, [changes]);
  useEffect(
    () => () => {
      of.gone.abort();
      of.observer?.disconnect();
    },
    [],
  );
  const watch = (domain: string) => (element: Element | null) => {
    if (element === null || of.elements.has(element)) return;
    of.elements.set(element, domain);
    of.observer?.observe(element);
  };
  return { ...told.value, error: error.value, watch };
}
