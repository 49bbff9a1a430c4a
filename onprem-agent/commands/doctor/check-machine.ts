import { spawnSync } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { backendSources, useBackend } from '#model/tensorflow/backend.ts';
import { hasNvidiaDriver, missingCudaLibraries } from '#model/tensorflow/gpu.ts';
import { findInstallation } from '#model/tensorflow/installation.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { formatAmount } from '../../cli/progress-bar.ts';
import { checkWebgpu } from './check-webgpu.ts';
import type { Findings } from './finding.ts';

const NVIDIA_SMI_MS = 10_000;
/** Megabytes of free GPU memory below which other programs most likely compute on it. */
const MINIMUM_FREE_MB = 2_000;

/** What computes here: Node, processor, GPUs with their driver and libraries, and the backend. */
export async function checkMachine(findings: Findings): Promise<void> {
  checkNode(process.versions.node, findings);
  findings.of('machine', 'processor')(
    'ok',
    `${availableParallelism()} cores, ${formatAmount(totalmem(), 'B')} of memory, ${process.platform} ${process.arch}`,
  );
  checkGpus(findings);
  await checkBackend(findings);
  await checkWebgpu(findings);
}

/** @param version of Node, for instance `22.13.0` */
export function checkNode(version: string, findings: Findings): void {
  const report = findings.of('machine', 'node');
  const wanted = packageJson.engines.node;
  if (satisfies(version, wanted)) report('ok', `Node ${version} (graft ${packageJson.version})`);
  else {
    report(
      'error',
      `Node ${version} is not supported: ${wanted}`,
      'Install a Node that is, for instance from https://nodejs.org',
    );
  }
}

/** Enough of npm's ranges for our own: alternatives of `^major.minor.patch` and `>=major`. */
function satisfies(version: string, range: string): boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  const [major = 0, ...rest] = numbers(version);
  return range.split('||').some((alternative) => {
    const [, operator, text = ''] = /^(\^|>=)([\d.]+)$/.exec(alternative.trim()) ?? [];
    const [wanted = 0, ...least] = numbers(text);
    if (operator === '>=' && major > wanted) return true;
    if (major !== wanted) return false;
    const [minor = 0, patch = 0] = rest;
    const [leastMinor = 0, leastPatch = 0] = least;
    return minor > leastMinor || (minor === leastMinor && patch >= leastPatch);
  });
}

function checkGpus(findings: Findings): void {
  const driver = findings.of('machine', 'driver');
  if (!hasNvidiaDriver()) {
    driver('ok', 'no NVIDIA driver: CUDA cannot be used');
    return;
  }
  const run = spawnSync(
    'nvidia-smi',
    ['--query-gpu=name,driver_version,memory.total,memory.free', '--format=csv,noheader,nounits'],
    { encoding: 'utf8', timeout: NVIDIA_SMI_MS },
  );
  if (run.status !== 0) {
    const [reason] = (run.stdout || run.stderr || String(run.error?.message ?? '')).trim().split('\n');
    driver(
      'error',
      `there is a driver, and nvidia-smi does not show its GPUs${reason ? ` (${reason})` : ''}`,
      'Often the kernel module is of another version than its tools: reboot, or install the driver again.',
    );
    return;
  }
  for (const line of run.stdout.trim().split('\n')) checkGpu(line.split(', '), findings);
  checkCuda(findings);
}

function checkGpu([name = '', driver = '', total = '', free = '']: string[], findings: Findings): void {
  const memory = `${free} of ${total} MiB free`;
  const text = `${name}, driver ${driver}, ${memory}`;
  const report = findings.of('machine', 'gpu');
  if (Number.parseInt(driver, 10) < 525) {
    report('error', text, 'CUDA 12 needs a driver of version 525 or later.');
  } else if (Number(free) < MINIMUM_FREE_MB) {
    report('warning', text, 'Other programs use this GPU: `nvidia-smi` shows them.');
  } else report('ok', text);
}

function checkCuda(findings: Findings): void {
  const report = findings.of('machine', 'cuda');
  let folder: string | undefined;
  try {
    folder = findInstallation()?.folder;
  } catch {
    // An installation that cannot be read is the backend's finding.
  }
  const missing = missingCudaLibraries(folder);
  if (missing.length === 0) report('ok', 'all libraries of CUDA 12 and cuDNN 9 are found');
  else {
    report(
      'warning',
      `not found: ${missing.join(', ')}`,
      'TensorFlow cannot use the GPU without them: `graft backend install --gpu --force` brings them.',
    );
  }
}

async function checkBackend(findings: Findings): Promise<void> {
  const report = findings.of('machine', 'backend');
  try {
    const { name, version, device, reason, hint } = await useBackend();
    const text = `${name} ${version} (${device}): ${reason}`;
    if (name === 'wasm' && hasNvidiaDriver()) {
      report(
        'warning',
        text,
        'A GPU is here and unused: `graft backend install --gpu`, or without CUDA `--webgpu`.',
      );
    } else report('ok', hint === undefined ? text : `${text}; ${hint}`);
    for (const { source, state, reason: why } of backendSources()) {
      // WebGPU is a finding of its own.
      if (state !== 'does not start' || /webgpu/.test(source)) continue;
      report('warning', `${source} does not start: ${why}`, '`graft backend install --force` makes it anew.');
    }
  } catch (error) {
    report('error', `nothing computes: ${(error as Error).message}`, 'Install graft again.');
  }
}
