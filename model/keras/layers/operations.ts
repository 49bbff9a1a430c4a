import { type Tensor, tensor } from '../graph/tensor.ts';
import { unsupported } from '../unsupported.ts';
import { activateByName, isActivation } from './activation.ts';
import { type Converter, type LayerCall, type Operand, onlyInput } from './call.ts';
import { elementwise } from './elementwise.ts';
import { alike, broadcast } from './merge.ts';

/** Operations on two values, by the names of Keras 3's classes and of TensorFlow's functions. */
const BINARY: Readonly<Record<string, string>> = {
  Add: 'Add',
  '__operators__.add': 'Add',
  'math.add': 'Add',
  Subtract: 'Sub',
  'math.subtract': 'Sub',
  Multiply: 'Mul',
  'math.multiply': 'Mul',
  Divide: 'Div',
  TrueDivide: 'Div',
  'math.truediv': 'Div',
  'math.divide': 'Div',
  Maximum: 'Max',
  'math.maximum': 'Max',
  Minimum: 'Min',
  'math.minimum': 'Min',
};

/** Activations of `keras.ops` that are classes there, by the names of the same activations of layers. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Sigmoid: 'sigmoid',
  Silu: 'silu',
  HardSigmoid: 'hard_sigmoid',
  HardSilu: 'hard_silu',
  HardSwish: 'hard_silu',
  Tanh: 'tanh',
  Softplus: 'softplus',
  Softsign: 'softsign',
  Exp: 'exponential',
};

export const isKnownOperation = (className: string): boolean =>
  Object.hasOwn(BINARY, className) || Object.hasOwn(FUNCTIONS, className);

/** An operation of Keras 3 in a functional model. */
export const operation: Converter = (call) => byName(call, call.layer.className);

/** A function of TensorFlow in a functional model of Keras 2. */
export const tensorFlowOperation: Converter = (call) => {
  const name = String(call.layer.config.function);
  const activation = name.replace(/^nn\./, '');
  return name.startsWith('nn.') && isActivation(activation)
    ? activateByName(call, onlyInput(call), activation)
    : byName(call, name);
};

function byName(call: LayerCall, name: string): Tensor {
  const opType = Object.hasOwn(BINARY, name) ? BINARY[name] : undefined;
  if (opType) return binary(call, opType);
  const activation = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (activation) return activateByName(call, onlyInput(call), activation);
  throw unsupported(call.layer, `the operation "${name}"`);
}

/** Both may be tensors, or one of them a number. */
function binary(call: LayerCall, opType: string): Tensor {
  const { graph, name, layer } = call;
  const operands = [
    ...call.arguments.flat(),
    call.named.x,
    call.named.y,
    call.named.x1,
    call.named.x2,
  ].filter((operand): operand is Operand => operand !== undefined && operand !== null);
  const [left, right] = operands;
  if (operands.length !== 2) throw unsupported(layer, `${operands.length} operands`);
  if (isTensor(left) && isTensor(right)) {
    const inputs = alike(call);
    return tensor(() => graph.add(opType, [inputs[0]!.name, inputs[1]!.name], name), {
      shape: broadcast(call, inputs),
      channels: inputs[0]!.channels,
    });
  }
  const input = onlyInput(call);
  return elementwise(call, input, ({ add, scalar }) => {
    const value = (operand: Operand | undefined) => {
      if (isTensor(operand)) return operand.name;
      if (typeof operand === 'number') return scalar(operand);
      throw unsupported(layer, `an operand that is neither a tensor nor a number`);
    };
    return add(opType, [value(left), value(right)]);
  });
}

const isTensor = (operand: Operand | undefined): operand is Tensor =>
  typeof operand === 'object' && operand !== null && 'shape' in operand;
