import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOfInstallations, WEBGPU_FILE } from '#model/tensorflow/installation.ts';
import { agentCommand } from '../../cli/command.ts';
import { withdrawInstallation, withHome } from './home.ts';

export const backendRemove = agentCommand({
  args: {
    webgpu: { type: 'boolean', description: 'Only WebGPU; a native TensorFlow stays' },
  },
  examples: ['graft backend remove', 'graft backend remove --webgpu'],
  async run({ args, output }) {
    const home = homeOfInstallations();
    const what = args.webgpu ? join(home, WEBGPU_FILE) : home;
    const isThere = await access(what).then(
      () => true,
      () => false,
    );
    if (isThere) {
      await withHome(home, async () => {
        await withdrawInstallation(home, 'webgpu');
        if (!args.webgpu) await withdrawInstallation(home, 'tensorflow');
      });
    }
    output.result(
      { command: 'backend remove', removed: isThere, folder: home },
      isThere ? `${args.webgpu ? 'WebGPU' : home} is removed` : 'Nothing is installed',
    );
  },
});
