import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NetworkName } from '#model/network/build-network.ts';
import type { ChildCommand } from '../shared/child-process.ts';
import { BATCH, LABEL_COUNT, type Task } from './rates.ts';

export const KERAS = 'Keras';

/** Share of Keras's training rate that each of our backends has to reach. */
const TARGETS = { native: 0.8, wasm: 0.4 } as const;

/** One program that trains a network; each turn is a process of its own. */
export interface Subject {
  name: string;
  /** Of the training rate, as a share of Keras's. */
  target?: number;
  rates: ChildCommand;
  /** @param folder of `prepareCifar` */
  accuracy(folder: string, seconds: number): ChildCommand;
}

interface Settings {
  network: NetworkName;
  width: number;
  /** Of measuring a rate. */
  seconds: number;
  /** Interpreter. */
  python: string;
}

export function subjectsOf(settings: Settings): Subject[] {
  const cores = availableParallelism();
  return [
    own('WebAssembly, 1 thread', settings, { backend: 'wasm', workers: 1 }),
    ...(cores > 1
      ? [own(`WebAssembly, ${cores} threads`, settings, { backend: 'wasm', workers: cores })]
      : []),
    own('TensorFlow, CPU', settings, { backend: 'tensorflow', workers: 1 }),
    own('TensorFlow, GPU', settings, { backend: 'tensorflow-gpu', workers: 1 }),
    keras(settings),
  ];
}

function own(
  name: string,
  { network, width, seconds }: Settings,
  { backend, workers }: Pick<Task, 'backend' | 'workers'>,
): Subject {
  const command = (task: Task, folder: readonly string[]): ChildCommand => ({
    command: process.execPath,
    args: [...process.execArgv, fileURLToPath(new URL('../train.ts', import.meta.url))].concat(
      ['--task', JSON.stringify(task)],
      folder,
    ),
  });
  const task = { backend, network, width, workers, seconds };
  return {
    ...{ name, target: backend === 'wasm' ? TARGETS.wasm : TARGETS.native },
    rates: command(task, []),
    accuracy: (folder, seconds) => command({ ...task, seconds }, ['--folder', folder]),
  };
}

function keras({ network, width, seconds, python }: Settings): Subject {
  const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'peers', 'keras_train.py');
  const common = [program, '--network', network, '--width', String(width), '--batch-size', String(BATCH)];
  // A pass over the images is the least that is measured.
  const images = network === 'compact' ? 32 * BATCH : 2 * BATCH;
  return {
    name: KERAS,
    rates: {
      command: python,
      args: [...common, '--seconds', String(seconds), '--images', String(images)].concat(
        ...['--label-count', String(LABEL_COUNT)],
      ),
    },
    accuracy: (folder, seconds) => ({
      command: python,
      args: [...common, '--seconds', String(seconds), '--accuracy', folder],
    }),
  };
}
