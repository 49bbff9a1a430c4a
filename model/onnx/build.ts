import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.js';

/** Version of ONNX's standard operators in graphs that Graft makes. */
export const OPSET = 17;
/** Version of ONNX's file format that belongs to that version of operators. */
const IR_VERSION = 8n;

/** ONNX tells whole numbers (`bigint` here) from floating-point ones (`number` here). */
export type Attribute = bigint | readonly bigint[] | number | readonly number[] | string;

/** One operation of a graph. */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Record<string, Attribute> = {},
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    name: outputs[0]!,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  });
}

function attribute(name: string, value: Attribute): AttributeProto {
  const type = AttributeProto_AttributeType;
  if (typeof value === 'bigint') return create(AttributeProtoSchema, { name, type: type.INT, i: value });
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: type.FLOAT, f: value });
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: type.STRING, s: Buffer.from(value) });
  }
  if (value.every((each) => typeof each === 'bigint')) {
    return create(AttributeProtoSchema, { name, type: type.INTS, ints: [...value] });
  }
  return create(AttributeProtoSchema, { name, type: type.FLOATS, floats: [...(value as number[])] });
}

/** A constant of 32-bit floats. */
export function floats(name: string, dims: readonly number[], values: Float32Array): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorProto_DataType.FLOAT,
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });
}

/** A constant list of whole numbers, as shapes and axes are. */
export function integers(name: string, values: readonly number[]): TensorProto {
  const raw = BigInt64Array.from(values, BigInt);
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: TensorProto_DataType.INT64,
    rawData: new Uint8Array(raw.buffer),
  });
}

/** An input or output of 32-bit floats. A dimension with a name may have any size. */
export function value(name: string, dims: readonly (number | string)[]): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: TensorProto_DataType.FLOAT,
          shape: {
            dim: dims.map(dimension),
          },
        },
      },
    },
  });
}

const dimension = (dim: number | string) =>
  create(TensorShapeProto_DimensionSchema, {
    value:
      typeof dim === 'string'
        ? { case: 'dimParam' as const, value: dim }
        : { case: 'dimValue' as const, value: BigInt(dim) },
  });

/** Part of a graph, to be added to another one. */
export interface GraphPart {
  nodes: readonly NodeProto[];
  constants: readonly TensorProto[];
}

export interface GraphParts {
  name: string;
  inputs: readonly ValueInfoProto[];
  outputs: readonly ValueInfoProto[];
  /** In an order in which they can run. */
  nodes: readonly NodeProto[];
  constants: readonly TensorProto[];
}

/** A model with Graft's version of the standard operators. */
export function modelOf({ name, inputs, outputs, nodes, constants }: GraphParts): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'graft',
    opsetImport: [{ domain: '', version: BigInt(OPSET) }],
    graph: create(GraphProtoSchema, {
      name,
      input: [...inputs],
      output: [...outputs],
      node: [...nodes],
      initializer: [...constants],
    }),
  });
}

/** A model from the bytes of a file that Graft wrote. Files of others are read by `readOnnx`. */
export const fromBytes = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes);

/** The bytes of a model's file. */
export const toBytes = (model: ModelProto): Uint8Array => toBinary(ModelProtoSchema, model);
