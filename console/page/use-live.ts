import { useEffect } from 'preact/hooks';
import { type Asked, useAsked } from './use-asked.ts';

/**
 * As `useAsked`, asked again so long after each answer while the page is looked at. In a hidden tab nothing
 * is asked; what is overdue is asked as soon as it is looked at again.
 *
 * @param everyMs milliseconds
 */
export function useLive<T>(path: string, everyMs: number): Asked<T> {
  const asked = useAsked<T>(path);
  const { answers, again } = asked;
  useEffect(() => {
    let isDue = false;
    const look = () => {
      if (!isDue || document.hidden) return;
      isDue = false;
      again();
    };
    const timer = setTimeout(() => {
      isDue = true;
      look();
    }, everyMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [path, everyMs, answers]);
  return asked;
}
