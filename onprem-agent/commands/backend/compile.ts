import { join, relative } from 'node:path';
import { cudaFolders } from '#model/tensorflow/gpu.ts';
import { layoutOf } from '#model/tensorflow/installation.ts';
import { runProgram } from './run-program.ts';
import { TENSORFLOW_LIBRARIES } from './wheel.ts';

/** Version of Node-API that the binding is written for. Every Node.js since 12.22 has it. */
const NODE_API_VERSION = 8;

/**
 * Compiles the two source files of the binding and links them with TensorFlow's libraries by relative paths,
 * so that the folder can be moved.
 *
 * @throws BackendInstallError with the compiler's last lines
 */
export async function compileBinding(
  folder: string,
  headers: string,
  context: { compiler: string; environment: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const { binding, packages, tensorflow } = layoutOf(folder);
  const sources = join(packages, '@tensorflow', 'tfjs-node-gpu', 'binding');
  const libraryFolders = [tensorflow, ...cudaFolders(folder)];
  await runProgram({
    command: context.compiler,
    args: [
      ...['-shared', '-fPIC', '-O2', '-std=gnu++17', '-w', `-DNAPI_VERSION=${NODE_API_VERSION}`],
      ...['-I', join(packages, 'node-api-headers', 'include'), '-I', headers],
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, name)),
      ...['-o', binding, '-L', tensorflow, ...TENSORFLOW_LIBRARIES.map((name) => `-l:${name}`)],
      // Old tags (DT_RPATH): unlike DT_RUNPATH they also count where TensorFlow itself opens NVIDIA's
      // libraries.
      '-Wl,--disable-new-dtags',
      ...libraryFolders.map((each) => `-Wl,-rpath,$ORIGIN/${relative(folder, each)}`),
    ],
    folder,
    environment: context.environment,
    signal: context.signal,
    hint: 'The binding is known to compile with GCC 12 and TensorFlow 2.21; give another wheel with --wheel, or another compiler in CXX.',
  });
}
