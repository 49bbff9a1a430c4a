import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Folder of what the agent keeps on this machine: the spool, locks, results and indices. `GRAFT_STATE` names
 * another one; otherwise it lies where the XDG base directory specification puts state. It need not exist.
 */
export function stateFolder(environment: NodeJS.ProcessEnv): string {
  if (environment.GRAFT_STATE) return resolve(environment.GRAFT_STATE);
  const state = environment.XDG_STATE_HOME || join(environment.HOME || homedir(), '.local', 'state');
  return join(state, 'graft');
}

/** Where models wait for their upload, a folder each. */
export const spoolIn = (state: string): string => join(state, 'spool');

export const spoolFolder = (environment: NodeJS.ProcessEnv): string => spoolIn(stateFolder(environment));
