import { spawn } from 'node:child_process';
import { GraftError } from '#core/errors.ts';

/** @throws GraftError when no image can be built here, before anything else is done */
export async function checkDocker(): Promise<void> {
  const engine = await ask(['version', '--format', '{{.Server.Version}}']);
  if (engine !== undefined) {
    throw new GraftError('MissingTool', `Docker's engine does not answer: ${engine}`, {
      hint: 'Start it, or point DOCKER_HOST or docker context at one that runs.',
    });
  }
  const buildx = await ask(['buildx', 'version']);
  if (buildx !== undefined) {
    throw new GraftError('MissingTool', `Docker has no buildx: ${buildx}`, {
      hint: 'Install the plugin: package docker-buildx-plugin of the repositories of Docker.',
    });
  }
}

/** @returns undefined if Docker works, else its message */
async function ask(args: readonly string[]): Promise<string | undefined> {
  const child = spawn('docker', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'ENOENT'
          ? new GraftError('MissingTool', 'docker is not installed, or not in PATH', {
              hint: 'docs/deploy.md, prerequisites. With --no-build an image that is in the repository is used.',
            })
          : cause,
      ),
    );
    child.once('close', resolve);
  });
  return code === 0 ? undefined : said.trim() || `it ended with code ${code}`;
}
