import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { value } from './build.ts';
import { typeName } from './constants.ts';
import { type GraphProto, TensorProto_DataType, type ValueInfoProto } from './proto/onnx_pb.js';

/** Shape of the images that a graph takes. */
export type ImageInput = Pick<Input, 'name' | 'layout' | 'height' | 'width'> & {
  /** The file's number of images in a run; undefined when it may be any. */
  batch: number | undefined;
};

export interface Size {
  height: number;
  width: number;
}

/** Pixels of a side, as the contract of the input allows them. */
const LIMITS = { minimum: 8, maximum: 1024 };

/**
 * The graph's one input, which has to be an image.
 *
 * @param size what the person says, for a graph that takes images of any size
 * @throws InvalidInputError naming the inputs, and what kind of model has them
 */
export function imageInput(graph: GraphProto, size?: Size): ImageInput {
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !constants.has(name));
  const [input] = inputs;
  const listed = inputs.map((each) => `${each.name} ${shapeText(each)}`).join(', ');
  if (input === undefined) {
    throw new InvalidInputError('The graph has no input', { hint: 'Export it with its image as input.' });
  }
  if (inputs.length > 1) {
    throw new InvalidInputError(`The graph has ${inputs.length} inputs (${listed}), and an image is one`, {
      hint: 'Export the part of the network that takes the image alone, for instance the image encoder.',
    });
  }
  const { elemType, dims } = tensorShape(input);
  if (elemType !== TensorProto_DataType.FLOAT) {
    const isText = elemType === TensorProto_DataType.INT64 || elemType === TensorProto_DataType.INT32;
    throw new InvalidInputError(
      `The graph's input ${listed} holds ${typeName(elemType)}, ${isText && dims.length <= 2 ? 'as text models do' : 'and prepared images are floats'}`,
      { hint: 'Import an image network whose input holds 32-bit or 16-bit floats.' },
    );
  }
  if (dims.length !== 4) {
    throw new InvalidInputError(
      `The graph's input ${listed} has ${dims.length} dimensions, and images have four: [n, 3, height, width] or [n, height, width, 3]`,
      { hint: 'Import an image network, and export it with the image as input.' },
    );
  }
  if (dims[0] !== undefined && dims[0] > 1) {
    throw new InvalidInputError(`The graph's input ${listed} takes exactly ${dims[0]} images at once`, {
      hint: 'Export it for one image, or for any number of images.',
    });
  }
  const layout = layoutOf(dims, listed);
  const [height, width] = layout === 'NCHW' ? dims.slice(2) : dims.slice(1);
  return { name: input.name, layout, ...chosenSize({ height, width }, size), batch: dims[0] };
}

/** Declares the input's shape. A number of images of `undefined` may be any. */
export function declareInput(graph: GraphProto, input: ImageInput): void {
  const n = input.batch ?? 'n';
  const { layout, height, width, name } = input;
  const dims = layout === 'NCHW' ? [n, 3, height, width] : [n, height, width, 3];
  const at = graph.input.findIndex((each) => each.name === name);
  graph.input[at] = value(name, dims);
}

function layoutOf(dims: (number | undefined)[], listed: string): Input['layout'] {
  const [, second, , last] = dims;
  if (second === 3) return 'NCHW';
  if (last === 3) return 'NHWC';
  const fixed = [second, last].filter((side) => side !== undefined);
  if (fixed.length === 2 || fixed.includes(1)) {
    throw new InvalidInputError(`The graph's input ${listed} has no dimension of three colours`, {
      hint: 'Import a network for colour images.',
    });
  }
  // PyTorch's exporters write this one when every dimension may change.
  return 'NCHW';
}

function chosenSize(own: Partial<Record<keyof Size, number | undefined>>, size: Size | undefined): Size {
  const chosen = { height: own.height ?? size?.height, width: own.width ?? size?.width };
  const { height, width } = chosen;
  if (height === undefined || width === undefined) {
    throw new InvalidInputError('The graph takes images of any size, and the options do not say which', {
      hint: 'Say the size it was trained with, for instance --size 224.',
    });
  }
  if (size !== undefined && (height !== size.height || width !== size.width)) {
    throw new InvalidInputError(
      `The graph takes images of ${height} × ${width}, not of ${size.height} × ${size.width}`,
      { hint: 'Leave --size out, or export the network for the other size.' },
    );
  }
  for (const side of [height, width]) {
    if (side >= LIMITS.minimum && side <= LIMITS.maximum) continue;
    throw new InvalidInputError(
      `The graph takes images of ${height} × ${width}; a side may have ${LIMITS.minimum} to ${LIMITS.maximum} pixels`,
      { hint: 'Import a network of another size.' },
    );
  }
  return { height, width };
}

/** Type of the values and sizes of the dimensions; undefined for one that may have any size. */
export function tensorShape({ type }: ValueInfoProto): { elemType: number; dims: (number | undefined)[] } {
  if (type?.value.case !== 'tensorType') return { elemType: 0, dims: [] };
  const { elemType, shape } = type.value.value;
  const dims = (shape?.dim ?? []).map(({ value }) =>
    value.case === 'dimValue' && value.value > 0n ? Number(value.value) : undefined,
  );
  return { elemType, dims };
}

/** @example [n, 3, 224, 224] */
const shapeText = (info: ValueInfoProto): string =>
  `[${tensorShape(info)
    .dims.map((side, at) => side ?? (at === 0 ? 'n' : '?'))
    .join(', ')}]`;
