import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from '../contracts/session.ts';

export const SessionContext = createContext<Session | undefined>(undefined);

/** Of the pages, which are shown only when it is there. */
export const useSession = () => useContext(SessionContext)!;
