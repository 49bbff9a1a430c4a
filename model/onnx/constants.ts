import { create } from '@bufbuild/protobuf';
import {
  type GraphProto,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from './proto/onnx_pb.js';

const type = TensorProto_DataType;

/** Bytes of one value in `rawData` and in external data; two 4-bit values share one. */
const BYTES: Partial<Record<TensorProto_DataType, number>> = {
  [type.FLOAT]: 4,
  [type.UINT8]: 1,
  [type.INT8]: 1,
  [type.UINT16]: 2,
  [type.INT16]: 2,
  [type.INT32]: 4,
  [type.INT64]: 8,
  [type.BOOL]: 1,
  [type.FLOAT16]: 2,
  [type.DOUBLE]: 8,
  [type.UINT32]: 4,
  [type.UINT64]: 8,
  [type.COMPLEX64]: 8,
  [type.COMPLEX128]: 16,
  [type.BFLOAT16]: 2,
  [type.FLOAT8E4M3FN]: 1,
  [type.FLOAT8E4M3FNUZ]: 1,
  [type.FLOAT8E5M2]: 1,
  [type.FLOAT8E5M2FNUZ]: 1,
  [type.UINT4]: 0.5,
  [type.INT4]: 0.5,
};

/** Name of a type as ONNX spells it, for messages. */
export const typeName = (dataType: number): string => type[dataType]?.toLowerCase() ?? `type ${dataType}`;

export const valueCount = ({ dims }: TensorProto): number =>
  dims.reduce((product, side) => product * Number(side), 1);

/**
 * Bytes that a constant's values take.
 *
 * @returns undefined for texts and for types that are not known here
 */
export function byteLength(tensor: TensorProto): number | undefined {
  const each = BYTES[tensor.dataType as TensorProto_DataType];
  return each === undefined ? undefined : Math.ceil(each * valueCount(tensor));
}

/**
 * Values of a constant of whole numbers, as shapes and axes are.
 *
 * @returns undefined for a constant of another type
 */
export function wholeNumbers(tensor: TensorProto | undefined): number[] | undefined {
  if (tensor?.dataType !== type.INT64 && tensor?.dataType !== type.INT32) return undefined;
  if (tensor.rawData.length === 0) {
    return tensor.dataType === type.INT64 ? tensor.int64Data.map(Number) : [...tensor.int32Data];
  }
  // A copy, because a file's bytes may lie at any offset.
  const { buffer } = Uint8Array.from(tensor.rawData);
  return tensor.dataType === type.INT64
    ? Array.from(new BigInt64Array(buffer), Number)
    : [...new Int32Array(buffer)];
}

/**
 * Turns nodes of the kind `Constant` into constants of the graph, so that nothing after it has to know two
 * kinds. Changes the graph.
 */
export function liftConstants(graph: GraphProto): void {
  const rest: typeof graph.node = [];
  for (const node of graph.node) {
    const tensor = node.opType === 'Constant' ? tensorOf(node.attribute) : undefined;
    if (tensor === undefined) rest.push(node);
    else graph.initializer.push(Object.assign(tensor, { name: node.output[0]! }));
  }
  graph.node = rest;
}

/** @returns undefined for a sparse constant or one of texts */
function tensorOf([attribute]: GraphProto['node'][number]['attribute']): TensorProto | undefined {
  if (attribute === undefined) return undefined;
  const { name, t, f, i, floats, ints } = attribute;
  const vector = (values: readonly unknown[]) => [BigInt(values.length)];
  if (name === 'value') return t;
  if (name === 'value_float') return create(TensorProtoSchema, { dataType: type.FLOAT, floatData: [f] });
  if (name === 'value_int') return create(TensorProtoSchema, { dataType: type.INT64, int64Data: [i] });
  if (name === 'value_floats') {
    return create(TensorProtoSchema, { dataType: type.FLOAT, dims: vector(floats), floatData: floats });
  }
  if (name === 'value_ints') {
    return create(TensorProtoSchema, { dataType: type.INT64, dims: vector(ints), int64Data: ints });
  }
  return undefined;
}
