import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { toBytes } from '../onnx/build.ts';
import type { ModelProto } from '../onnx/proto/onnx_pb.js';
import { type InferencePool, openPool, type PoolOptions } from './pool.ts';

/**
 * Loads a graph that is in memory on threads. It passes through a file, which every thread reads by itself
 * and which is removed as soon as they have.
 */
export async function openGraph(
  graph: ModelProto,
  options: Omit<PoolOptions, 'model'>,
): Promise<InferencePool> {
  const folder = await mkdtemp(join(tmpdir(), 'graft-graph-'));
  const model = join(folder, MODEL_FILE);
  try {
    await writeFile(model, toBytes(graph));
    return await openPool({ ...options, model });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
