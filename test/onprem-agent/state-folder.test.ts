import { describe, expect, it } from 'vitest';
import { spoolFolder, stateFolder } from '../../onprem-agent/state-folder.ts';

describe('the folder of local state', () => {
  it.each([
    [{ HOME: '/home/ann' }, '/home/ann/.local/state/graft'],
    [{ HOME: '/home/ann', XDG_STATE_HOME: '/var/state' }, '/var/state/graft'],
    [{ HOME: '/home/ann', XDG_STATE_HOME: '/var/state', GRAFT_STATE: '/srv/graft' }, '/srv/graft'],
  ])('of %o is %s', (environment, folder) => {
    expect(stateFolder(environment)).toBe(folder);
    expect(spoolFolder(environment)).toBe(`${folder}/spool`);
  });
});
