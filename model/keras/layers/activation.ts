import * as z from 'zod';
import type { Attribute } from '../../onnx/build.ts';
import { type Tensor, withChannels } from '../graph/tensor.ts';
import { unsupported } from '../unsupported.ts';
import type { LayerCall } from './call.ts';
import { type Elementwise, elementwise } from './elementwise.ts';
import { rectify } from './rectifier.ts';

/** An activation by its name, or as an object with its class and settings. */
export const activationSetting = z
  .union([z.string(), z.looseObject({ class_name: z.string(), config: z.unknown() })])
  .nullish();
type ActivationSetting = z.output<typeof activationSetting>;

const operation =
  (opType: string, attributes?: Record<string, Attribute>): Elementwise =>
  ({ input, add }) =>
    add(opType, [input.name], attributes);

/** x / 6 + 0.5 in Keras 3, 0.2 x + 0.5 before, between 0 and 1. */
const hardSigmoid: Elementwise = ({ call, input, add }) =>
  add('HardSigmoid', [input.name], { alpha: call.version === 3 ? 1 / 6 : 0.2, beta: 0.5 });

const hardSwish = operation('HardSwish');

const swish: Elementwise = ({ input, add }) => add('Mul', [input.name, add('Sigmoid', [input.name])]);

/** x / 2 · (1 + erf(x / √2)). */
const gelu: Elementwise = ({ input, add, scalar }) => {
  const error = add('Erf', [add('Mul', [input.name, scalar(Math.SQRT1_2)])]);
  const half = add('Mul', [input.name, scalar(0.5)]);
  return add('Mul', [half, add('Add', [error, scalar(1)])]);
};

/** x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 x³))). */
const geluByTanh: Elementwise = ({ input, add, scalar }) => {
  const cube = add('Mul', [add('Mul', [input.name, input.name]), input.name]);
  const sum = add('Add', [input.name, add('Mul', [cube, scalar(0.044715)])]);
  const bent = add('Tanh', [add('Mul', [sum, scalar(Math.sqrt(2 / Math.PI))])]);
  const half = add('Mul', [input.name, scalar(0.5)]);
  return add('Mul', [half, add('Add', [bent, scalar(1)])]);
};

/** Over the last dimension, in Keras's order. */
const overChannels =
  (opType: string): Elementwise =>
  ({ input, add }) =>
    add(opType, [input.name], { axis: -1n });

/** Keras's functions by their names. */
const ACTIVATIONS: Readonly<Record<string, Elementwise>> = {
  relu: operation('Relu'),
  relu6: ({ input, add, scalar }) => add('Clip', [input.name, scalar(0), scalar(6)]),
  leaky_relu: operation('LeakyRelu', { alpha: 0.2 }),
  sigmoid: operation('Sigmoid'),
  hard_sigmoid: hardSigmoid,
  hard_silu: hardSwish,
  hard_swish: hardSwish,
  silu: swish,
  swish,
  tanh: operation('Tanh'),
  elu: operation('Elu'),
  selu: operation('Selu'),
  gelu,
  gelu_new: geluByTanh,
  softplus: operation('Softplus'),
  softsign: operation('Softsign'),
  exponential: operation('Exp'),
  mish: ({ input, add }) => add('Mul', [input.name, add('Tanh', [add('Softplus', [input.name])])]),
  softmax: overChannels('Softmax'),
  log_softmax: overChannels('LogSoftmax'),
};

/** What follows a layer's own work, or is a layer of its own. */
export function activate(call: LayerCall, input: Tensor, setting: ActivationSetting): Tensor {
  if (setting === null || setting === undefined || setting === 'linear') return input;
  if (typeof setting === 'string') return activateByName(call, input, setting);
  // Activations that are functions of the user's own code have no class of Keras.
  if (setting.class_name === 'function') return activateByName(call, input, String(setting.config));
  if (setting.class_name === 'ReLU') {
    return rectify(
      { ...call, layer: { ...call.layer, config: setting.config as Record<string, unknown> } },
      input,
    );
  }
  throw unsupported(call.layer, `the activation ${setting.class_name}`);
}

export function activateByName(call: LayerCall, input: Tensor, activation: string): Tensor {
  if (activation === 'linear') return input;
  const apply = Object.hasOwn(ACTIVATIONS, activation) ? ACTIVATIONS[activation] : undefined;
  if (!apply) throw unsupported(call.layer, `the activation "${activation}"`);
  return elementwise(
    call,
    /softmax/.test(activation) ? withChannels(call.graph, input, 'last') : input,
    apply,
  );
}

export const isActivation = (name: string): boolean => Object.hasOwn(ACTIVATIONS, name);
