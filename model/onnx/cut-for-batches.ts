import { clone, create } from '@bufbuild/protobuf';
import { freeBatch } from './batch.ts';
import { type Cut, cutGraph, type FeatureOutput, NAMES } from './cut.ts';
import type { SeenGraph } from './find-features.ts';
import { declareInput } from './image-input.ts';
import { loadForeign, sampleImages } from './load.ts';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
} from './proto/onnx_pb.js';
import type { Session, Values } from './session.ts';
import { subgraphsOf } from './subgraphs.ts';

/** Difference of an image's features alone and beside another one, in shares of the largest value. */
const TOLERANCE = 1e-4;
/** Of ONNX's format: from 4 on, constants need not be inputs too. */
const IR_VERSION = 8n;

export interface CutModel {
  model: ModelProto;
  outputs: FeatureOutput[];
  takesBatches: boolean;
}

/**
 * Cuts a graph so that one run takes any number of images, where that gives the same features as one by one.
 * Exporters often write the number 1 into the graph.
 */
export async function cutForBatches(model: ModelProto, cut: Cut, seen: SeenGraph): Promise<CutModel> {
  const attempts = [
    ...(seen.input.batch === undefined ? [{ isFreed: false, batch: undefined }] : []),
    { isFreed: true, batch: undefined },
  ];
  for (const attempt of attempts) {
    const result = cutOnce(model, cut, seen, attempt);
    if (await takesTwo(result, seen)) return { ...result, takesBatches: true };
  }
  return { ...cutOnce(model, cut, seen, { isFreed: false, batch: 1 }), takesBatches: false };
}

/** Nodes are copied, because cutting changes them; constants are shared. */
function cutOnce(
  model: ModelProto,
  cut: Cut,
  { graph, index, shapes, input }: SeenGraph,
  { isFreed, batch }: { isFreed: boolean; batch: number | undefined },
): Omit<CutModel, 'takesBatches'> {
  const copy = create(GraphProtoSchema, {
    name: graph.name,
    input: graph.input.map((each) => ({ ...each })),
    initializer: graph.initializer.map((tensor) => ({ ...tensor })),
    node: graph.node.map(copyNode),
  });
  if (isFreed) freeBatch(copy, index, shapes);
  const outputs = cutGraph(copy, input.name, cut);
  declareInput(copy, { ...input, name: NAMES.input, batch });
  const { opsetImport, producerName, producerVersion } = model;
  const irVersion = model.irVersion > IR_VERSION ? model.irVersion : IR_VERSION;
  return {
    model: create(ModelProtoSchema, { irVersion, opsetImport, producerName, producerVersion, graph: copy }),
    outputs,
  };
}

/** Without its name, on which nothing depends: two nodes may not have the same. */
const copyNode = (node: NodeProto): NodeProto =>
  subgraphsOf(node).length > 0
    ? { ...clone(NodeProtoSchema, node), name: '' }
    : create(NodeProtoSchema, {
        ...node,
        name: '',
        docString: '',
        input: [...node.input],
        output: [...node.output],
      });

async function takesTwo({ model, outputs }: Omit<CutModel, 'takesBatches'>, { input }: SeenGraph) {
  const names = outputs.map(({ name }) => name);
  const both = sampleImages(input, 2);
  let session: Session | undefined;
  try {
    session = await loadForeign(model, names);
    const together = await session.run({ [NAMES.input]: both });
    for (const at of [0, 1]) {
      const alone = await session.run({ [NAMES.input]: imageOf(both, at) });
      if (!names.every((name) => isPart(together[name]!, alone[name]!, at))) return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    await session?.close();
  }
}

function imageOf({ dims, data }: Values, at: number): Values {
  const size = data.length / dims[0]!;
  return { dims: [1, ...dims.slice(1)], data: data.subarray(at * size, (at + 1) * size) };
}

function isPart(together: Values, alone: Values, at: number): boolean {
  if (together.dims[0] !== 2 || together.data.length !== 2 * alone.data.length) return false;
  const part = imageOf(together, at).data;
  const largest = alone.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return part.every((value, i) => Math.abs(value - alone.data[i]!) <= TOLERANCE * largest);
}
