import { valueCount } from './constants.ts';
import {
  type GraphProto,
  type TensorProto,
  TensorProto_DataType,
  type ValueInfoProto,
} from './proto/onnx_pb.js';
import { subgraphsOf, tensorsIn } from './subgraphs.ts';

const { FLOAT, FLOAT16, BFLOAT16 } = TensorProto_DataType;
/** Attributes that hold a type: of `Cast`, of random numbers, of a normalisation's inner steps. */
const TYPE_ATTRIBUTES = new Set(['to', 'dtype', 'stash_type', 'output_dtype']);

const isHalf = (dataType: number) => dataType === FLOAT16 || dataType === BFLOAT16;

/**
 * Makes a graph that computes in 16-bit floats compute in 32-bit ones: constants, inputs, outputs and casts.
 * Processors compute half precision slowly or not at all. Changes the graph.
 *
 * @returns number of constants that were converted
 */
export function widenHalfPrecision(graph: GraphProto): number {
  let converted = 0;
  for (const tensor of tensorsIn(graph)) {
    if (!isHalf(tensor.dataType)) continue;
    widen(tensor);
    converted++;
  }
  widenTypes(graph);
  return converted;
}

function widenTypes(graph: GraphProto): void {
  for (const info of [...graph.input, ...graph.output, ...graph.valueInfo]) widenInfo(info);
  for (const node of graph.node) {
    for (const attribute of node.attribute) {
      if (TYPE_ATTRIBUTES.has(attribute.name) && isHalf(Number(attribute.i))) attribute.i = BigInt(FLOAT);
    }
    for (const inner of subgraphsOf(node)) widenTypes(inner);
  }
}

function widenInfo({ type }: ValueInfoProto): void {
  if (type?.value.case !== 'tensorType') return;
  if (isHalf(type.value.value.elemType)) type.value.value.elemType = FLOAT;
}

function widen(tensor: TensorProto): void {
  const halves = halvesOf(tensor);
  const values = new Float32Array(halves.length);
  if (tensor.dataType === FLOAT16) {
    const table = float16Table();
    for (let i = 0; i < halves.length; i++) values[i] = table[halves[i]!]!;
  } else {
    // The upper half of a 32-bit float.
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  }
  tensor.dataType = FLOAT;
  tensor.int32Data = [];
  tensor.rawData = new Uint8Array(values.buffer);
}

/** Bit patterns. ONNX keeps them in `rawData`, or one in each of `int32Data`. */
function halvesOf(tensor: TensorProto): Uint16Array {
  if (tensor.rawData.length === 0) return Uint16Array.from(tensor.int32Data);
  const bytes = Uint8Array.from(tensor.rawData.subarray(0, 2 * valueCount(tensor)));
  return new Uint16Array(bytes.buffer);
}

let table: Float32Array | undefined;

/** Values of all 65,536 bit patterns of IEEE 754's binary16. */
function float16Table(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
  return table;
}
