import { createContext } from 'preact';
import { useContext, useRef } from 'preact/hooks';
import type { News } from '../contracts/domains.ts';
import type { Asked } from './use-asked.ts';
import { useLive } from './use-live.ts';

/** Milliseconds between two looks at what happens. */
const LOOK_MS = 3_000;

type LiveNews = Pick<Asked<News>, 'value' | 'error'> & {
  /** Counts the changes since the page was opened: what lists show is then asked again. */
  changes: number;
};

export const NewsContext = createContext<LiveNews>({ changes: 0 });

/** What needs a person and what runs, looked at for all pages together. */
export const useNews = () => useContext(NewsContext);

export function useLiveNews(): LiveNews {
  const { value, error } = useLive<News>('/api/news', LOOK_MS);
  const seen = useRef<{ changes: string; count: number } | undefined>(undefined);
  if (value !== undefined && value.changes !== seen.current?.changes) {
    seen.current = { changes: value.changes, count: (seen.current?.count ?? -1) + 1 };
  }
  const known = value === undefined ? {} : { value };
  return { ...known, ...(error === undefined ? {} : { error }), changes: seen.current?.count ?? 0 };
}
