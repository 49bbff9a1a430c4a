import { NO_DRIVER } from '#model/tensorflow/webgpu/adapter.ts';
import { lookForWebgpu, type WebgpuAttempt } from '#model/tensorflow/webgpu/start.ts';
import { formatAmount } from '../../cli/progress-bar.ts';
import type { Findings } from './finding.ts';

/** Whether WebGPU finds a GPU: that of `graft backend install --webgpu`, or of a checkout's packages. */
export async function checkWebgpu(findings: Findings): Promise<void> {
  const installed = await lookForWebgpu('installed');
  if (installed.state !== 'not here') reportWebgpu(installed, true, findings);
  else reportWebgpu(await lookForWebgpu('packages'), false, findings);
}

/** @param isWanted it was installed on purpose: that it finds nothing is worth a warning */
export function reportWebgpu(attempt: WebgpuAttempt, isWanted: boolean, findings: Findings): void {
  const report = findings.of('machine', 'webgpu');
  if (attempt.state === 'not here') {
    report('ok', 'WebGPU is not installed; `graft backend install --webgpu` brings it');
    return;
  }
  const what = `WebGPU (webgpu ${attempt.version})`;
  const status = isWanted ? 'warning' : 'ok';
  if (attempt.state === 'does not start') {
    report(status, `${what} finds no GPU: ${attempt.reason}`, isWanted ? attempt.hint : undefined);
    return;
  }
  const { name, vendor, driver, isSoftware, largestTensor } = attempt.facts;
  const by = [vendor && `by ${vendor}`, driver && `driver ${driver}`].filter(Boolean).join(', ');
  const text = `${name}${by === '' ? '' : ` (${by})`}, tensors of up to ${formatAmount(largestTensor, 'B')}`;
  if (isSoftware) {
    const remedy = isWanted && process.platform === 'linux' ? NO_DRIVER.hint : undefined;
    report(
      status,
      `${what} finds no GPU, but a program on the processor: ${text}; not used by itself`,
      remedy,
    );
  } else report('ok', `${what} finds ${text}`);
}
