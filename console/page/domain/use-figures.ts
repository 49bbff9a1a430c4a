import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DomainFigures } from '../../contracts/domains.ts';
import { listen } from '../ask.ts';

/**
 * Traffic, costs and unsure rate of one domain, as the list has them. Without them the page has the rest.
 *
 * @param changes asks again when it changes
 */
export function useFigures(domain: string, changes: unknown): DomainFigures | undefined {
  const figures = useSignal<DomainFigures | undefined>(undefined);
  useEffect(() => {
    const gone = new AbortController();
    listen(
      `/api/rows?domain=${domain}`,
      (name, data) => {
        if (name === 'figures') figures.value = (data as DomainFigures[])[0];
      },
      gone.signal,
    ).catch(() => {});
    return () => gone.abort();
  }, [domain, changes]);
  return figures.value;
}
