import { InvalidInputError } from '#core/errors.ts';
import { type Argument, type Call, Reference } from './network.ts';

/**
 * The calls of a layer, from its `inbound_nodes`. Keras 3 writes `{args, kwargs}` with tensors of the class
 * `__keras_tensor__`; Keras 2 and TensorFlow.js write lists `[layer, call, output, kwargs]`.
 */
export function parseCalls(nodes: unknown, layer: string): Call[] {
  if (nodes === undefined || nodes === null) return [];
  if (!Array.isArray(nodes)) throw malformed(layer);
  return nodes.map((node) => (Array.isArray(node) ? olderCall(node, layer) : newerCall(node, layer)));
}

function newerCall(node: unknown, layer: string): Call {
  if (!isRecord(node) || !Array.isArray(node.args)) throw malformed(layer);
  const convert = (value: unknown): Argument => {
    if (Array.isArray(value)) return value.map(convert);
    if (isConstant(value)) return value;
    if (isRecord(value) && value.class_name === '__keras_tensor__' && isRecord(value.config)) {
      return triple(value.config.keras_history, layer);
    }
    return `an object of the class ${isRecord(value) ? String(value.class_name) : typeof value}`;
  };
  return { arguments: node.args.map(convert), named: namedArguments(node.kwargs, convert) };
}

function olderCall(node: unknown[], layer: string): Call {
  // A call with one tensor is written as that tensor by some versions.
  const entries = typeof node[0] === 'string' ? [node] : node;
  const convert = (value: unknown): Argument => {
    if (isConstant(value)) return value;
    if (isTriple(value)) return triple(value, layer);
    if (Array.isArray(value)) return value.map(convert);
    return 'an object';
  };
  const tensors: Argument[] = [];
  let named: Record<string, Argument> = {};
  for (const entry of entries) {
    if (!Array.isArray(entry)) throw malformed(layer);
    const [name, , value, kwargs] = entry;
    tensors.push(name === '_CONSTANT_VALUE' ? convert(value) : triple(entry, layer));
    named = { ...named, ...namedArguments(kwargs, convert) };
  }
  return { arguments: tensors.length === 1 ? tensors : [tensors], named };
}

const namedArguments = (kwargs: unknown, convert: (value: unknown) => Argument): Record<string, Argument> =>
  isRecord(kwargs)
    ? Object.fromEntries(Object.entries(kwargs).map(([name, value]) => [name, convert(value)]))
    : {};

/**
 * A model's `input_layers` or `output_layers`: one reference, a list of them, or references by name.
 */
export function parseReferences(value: unknown, model: string): Reference[] {
  if (isTriple(value)) return [triple(value, model)];
  if (Array.isArray(value)) return value.flatMap((each) => parseReferences(each, model));
  if (isRecord(value)) return Object.values(value).flatMap((each) => parseReferences(each, model));
  throw malformed(model);
}

/** All references in a call's arguments, in order. */
export function referencesIn(call: Call): Reference[] {
  const collect = (value: Argument): Reference[] => {
    if (value instanceof Reference) return [value];
    return Array.isArray(value) ? value.flatMap(collect) : [];
  };
  return [...call.arguments, ...Object.values(call.named)].flatMap(collect);
}

const isTriple = (value: unknown): value is [string, number, number, ...unknown[]] =>
  Array.isArray(value) &&
  typeof value[0] === 'string' &&
  Number.isInteger(value[1]) &&
  Number.isInteger(value[2]);

function triple(value: unknown, layer: string): Reference {
  if (!isTriple(value)) throw malformed(layer);
  return new Reference(value[0], value[1], value[2]);
}

const isConstant = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const malformed = (layer: string) =>
  new InvalidInputError(`The configuration of "${layer}" does not say what it is connected to`, {
    hint: 'Save the model again with `model.save`.',
  });
