/**
 * Runs while the image is built: `tensorflow.mjs install` builds the native backend, `tensorflow.mjs check`
 * compares a training step with WebAssembly. They are two layers of the image because our code, which the
 * check uses, changes often, and the installation does not.
 */

import { findInstallation, homeOfInstallations } from '#model/tensorflow/installation.ts';
import { processIo } from '../../onprem-agent/cli/io.ts';
import { createOutput } from '../../onprem-agent/cli/output.ts';
import { installBackend, installSteps } from '../../onprem-agent/commands/backend/install.ts';
import { verifyBackend } from '../../onprem-agent/commands/backend/verify.ts';

const io = processIo();
const output = createOutput(io, false);
const context = { environment: io.environment, signal: io.signal, output };

async function install() {
  const notYet = {
    version: '',
    losses: [0, 0] as [number, number],
    gradientDifference: 0,
    weightDifference: 0,
  };
  await installBackend({ home: homeOfInstallations(), build: 'cpu', force: false }, context, {
    ...installSteps,
    verifyBackend: async () => notYet,
  });
}

async function check() {
  const installation = findInstallation();
  if (installation === undefined) throw new Error('There is no installation to check');
  console.log(JSON.stringify(await verifyBackend(installation.folder, context)));
}

try {
  await (process.argv[2] === 'check' ? check() : install());
} catch (error) {
  output.fail(error);
  process.exitCode = 1;
}
