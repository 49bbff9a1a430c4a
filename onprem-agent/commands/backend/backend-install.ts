import { homeOfInstallations } from '#model/tensorflow/installation.ts';
import { agentCommand } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import type { TrainingStepCheck } from './check-training-step.ts';
import { type Installed, installBackend } from './install.ts';
import { installWebgpu, type WebgpuInstalled } from './install-webgpu.ts';

export const backendInstall = agentCommand({
  args: {
    gpu: {
      type: 'boolean',
      description:
        'TensorFlow for NVIDIA GPUs with its CUDA 12 libraries, some gigabytes; the default where there is a driver',
    },
    cpu: { type: 'boolean', description: 'TensorFlow for the CPU; the default where there is no driver' },
    webgpu: {
      type: 'boolean',
      description:
        'WebGPU instead: any GPU with a driver for Vulkan, Metal or Direct3D 12, without CUDA; 22 MB',
    },
    wheel: {
      type: 'string',
      valueHint: 'FILE',
      description: "TensorFlow's wheel; downloaded with pip when left out. NVIDIA's are looked for beside it",
    },
    packages: {
      type: 'string',
      valueHint: 'DIR',
      description: "Folder with npm's packages, as `npm pack` leaves them; fetched with npm when left out",
    },
    force: { type: 'boolean', description: 'Install although the same is there and works' },
  },
  examples: [
    'graft backend install',
    'graft backend install --gpu',
    'graft backend install --webgpu',
    'graft backend install --wheel tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
  ],
  async run({ args, io, output }) {
    if ([args.gpu, args.cpu, args.webgpu].filter(Boolean).length > 1) {
      throw new UsageError('`graft backend install` takes one of --gpu, --cpu and --webgpu');
    }
    if (args.webgpu && args.wheel !== undefined) {
      throw new UsageError('`graft backend install --webgpu` takes --packages, no --wheel');
    }
    const startedAt = io.now();
    const request = {
      home: homeOfInstallations(),
      ...(args.packages === undefined ? {} : { packages: args.packages }),
      force: args.force === true,
    };
    const context = { environment: io.environment, signal: io.signal, output };
    if (args.webgpu) {
      const installed = await installWebgpu(request, context);
      const { folder, record, check, unchanged } = installed;
      const { webgpu, backend } = record;
      const seconds = (io.now() - startedAt) / 1000;
      output.result(
        { command: 'backend install', unchanged, folder, webgpu, backend, check, seconds },
        webgpuLines(installed).join('\n'),
      );
      return;
    }
    const installed = await installBackend(
      {
        ...request,
        ...(args.gpu ? { build: 'gpu' as const } : args.cpu ? { build: 'cpu' as const } : {}),
        ...(args.wheel === undefined ? {} : { wheel: args.wheel }),
      },
      context,
    );
    const { installation, check, unchanged, noGpu } = installed;
    output.result(
      {
        command: 'backend install',
        unchanged,
        folder: installation.folder,
        ...installation.record.tensorflow,
        ...(check.gpu === undefined ? { noGpu } : { gpu: check.gpu }),
        check,
        seconds: (io.now() - startedAt) / 1000,
      },
      lines(installed).join('\n'),
    );
  },
});

function lines({ installation, check, unchanged, noGpu }: Installed): string[] {
  const { version, build } = installation.record.tensorflow;
  return [
    `TensorFlow ${version} for the ${build === 'gpu' ? 'GPU' : 'CPU'} is installed${unchanged ? ' already, and works' : ''}: ${installation.folder}`,
    `computes on ${check.gpu ?? `the CPU, because ${noGpu?.reason}`}${noGpu?.hint === undefined ? '' : ` (${noGpu.hint})`}`,
    comparisonLine(check),
  ];
}

function webgpuLines({ folder, record, check, unchanged }: WebgpuInstalled): string[] {
  return [
    `WebGPU (webgpu ${record.webgpu}) is installed${unchanged ? ' already, and works' : ''}: ${folder}`,
    check.isSoftware
      ? `finds no GPU, but ${check.gpu}, which computes on the processor: it is used with --backend webgpu only`
      : `computes on ${check.gpu}`,
    comparisonLine(check),
  ];
}

function comparisonLine({ losses, gradientDifference }: TrainingStepCheck): string {
  const [wasm, other] = losses.map((loss) => loss.toFixed(5));
  return `a training step gives what WebAssembly gives: loss ${other} and ${wasm}, gradients differ by ${gradientDifference.toExponential(1)}`;
}
