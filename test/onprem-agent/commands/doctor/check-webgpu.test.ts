import { expect, it } from 'vitest';
import { factsOf, NO_DRIVER } from '#model/tensorflow/webgpu/adapter.ts';
import type { WebgpuAttempt } from '#model/tensorflow/webgpu/start.ts';
import { reportWebgpu } from '../../../../onprem-agent/commands/doctor/check-webgpu.ts';
import { Findings } from '../../../../onprem-agent/commands/doctor/finding.ts';

const limits = { maxBufferSize: 4e9, maxStorageBufferBindingSize: 2e9 };
const card = {
  vendor: 'amd',
  architecture: 'rdna-3',
  device: 'AMD Radeon RX 7900 XTX',
  description: 'radv Mesa 24.1',
  isFallbackAdapter: false,
};
const software = { ...card, vendor: '', device: '', description: 'SwiftShader driver 5.0.0' };

const found = (info: typeof card) =>
  ({ state: 'found', version: '0.6.2', facts: factsOf({ info, limits }) }) as WebgpuAttempt;

it.each([
  [
    'a card, with its driver and limit',
    found(card),
    'ok',
    'WebGPU (webgpu 0.6.2) finds AMD Radeon RX 7900 XTX (by amd, driver radv Mesa 24.1), tensors of up to 2.0 GB',
    undefined,
  ],
  [
    'a driver that computes on the processor, as none',
    found(software),
    'warning',
    expect.stringMatching(/finds no GPU, but a program on the processor: SwiftShader driver 5\.0\.0/),
    NO_DRIVER.hint,
  ],
  [
    'no driver, with the packages that have one',
    { state: 'does not start', version: '0.6.2', ...NO_DRIVER } as WebgpuAttempt,
    'warning',
    'WebGPU (webgpu 0.6.2) finds no GPU: no driver for Vulkan finds a GPU',
    expect.stringContaining('apt-get install mesa-vulkan-drivers'),
  ],
])('`graft doctor` shows %s', (_what, attempt, status, message, remedy) => {
  const findings = new Findings(() => {});
  reportWebgpu(attempt, true, findings);
  expect(findings.all).toEqual([
    { section: 'machine', check: 'webgpu', status, message, ...(remedy === undefined ? {} : { remedy }) },
  ]);
});

it('`graft doctor` warns of no GPU only where WebGPU was installed for one', () => {
  const findings = new Findings(() => {});
  reportWebgpu(found(software), false, findings);
  reportWebgpu({ state: 'not here', reason: '' }, false, findings);
  expect(findings.all.map(({ status }) => status)).toEqual(['ok', 'ok']);
});
