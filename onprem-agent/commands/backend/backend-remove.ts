import { access } from 'node:fs/promises';
import { homeOfInstallations } from '#model/tensorflow/installation.ts';
import { agentCommand } from '../../cli/command.ts';
import { withdrawInstallation, withHome } from './home.ts';

export const backendRemove = agentCommand({
  args: {},
  examples: ['graft backend remove'],
  async run({ output }) {
    const home = homeOfInstallations();
    const isThere = await access(home).then(
      () => true,
      () => false,
    );
    if (isThere) await withHome(home, () => withdrawInstallation(home));
    output.result(
      { command: 'backend remove', removed: isThere, folder: home },
      isThere ? `${home} is removed` : 'Nothing is installed',
    );
  },
});
