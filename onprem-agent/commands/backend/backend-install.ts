import { homeOfInstallations } from '#model/tensorflow/installation.ts';
import { agentCommand } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { type Installed, installBackend } from './install.ts';

export const backendInstall = agentCommand({
  args: {
    gpu: {
      type: 'boolean',
      description:
        'TensorFlow for NVIDIA GPUs with its CUDA 12 libraries, some gigabytes; the default where there is a driver',
    },
    cpu: { type: 'boolean', description: 'TensorFlow for the CPU; the default where there is no driver' },
    wheel: {
      type: 'string',
      valueHint: 'FILE',
      description: "TensorFlow's wheel; downloaded with pip when left out. NVIDIA's are looked for beside it",
    },
    force: { type: 'boolean', description: 'Install although the same is there and works' },
  },
  examples: [
    'graft backend install',
    'graft backend install --gpu',
    'graft backend install --wheel tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
  ],
  async run({ args, io, output }) {
    if (args.gpu && args.cpu) throw new UsageError('`graft backend install` takes one of --gpu and --cpu');
    const startedAt = io.now();
    const installed = await installBackend(
      {
        home: homeOfInstallations(),
        ...(args.gpu ? { build: 'gpu' as const } : args.cpu ? { build: 'cpu' as const } : {}),
        ...(args.wheel === undefined ? {} : { wheel: args.wheel }),
        force: args.force === true,
      },
      { environment: io.environment, signal: io.signal, output },
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
  const [wasm, native] = check.losses.map((loss) => loss.toFixed(5));
  return [
    `TensorFlow ${version} for the ${build === 'gpu' ? 'GPU' : 'CPU'} is installed${unchanged ? ' already, and works' : ''}: ${installation.folder}`,
    `computes on ${check.gpu ?? `the CPU, because ${noGpu?.reason}`}${noGpu?.hint === undefined ? '' : ` (${noGpu.hint})`}`,
    `a training step gives what WebAssembly gives: loss ${native} and ${wasm}, gradients differ by ${check.gradientDifference.toExponential(1)}`,
  ];
}
