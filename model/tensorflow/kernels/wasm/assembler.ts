/**
 * A small assembler for WebAssembly functions over `i32` addresses and `f32x4` vectors: enough for kernels
 * that are written for one shape, with its sizes as constants, and compiled when they are first needed. Byte
 * codes: WebAssembly core specification 2.0, section 5.
 */

/** Instructions that leave at most one value on the stack. */
export type Code = readonly number[];

/** A parameter or local variable of a function. */
export type Local = { readonly index: number };

/** What an instruction works on: code that leaves a value, a variable, or an integer constant. */
export type Operand = Code | Local | number;

/** A function that returns nothing. Its parameters and the variables that have names are all `i32`. */
export interface FunctionSource<Parameter extends string = string, Variable extends string = string> {
  parameters: readonly Parameter[];
  variables: readonly Variable[];
  /** @param vector makes a variable that holds four floats */
  body(names: Record<Parameter | Variable, Local>, vector: () => Local): Code;
}

const I32 = 0x7f;
const V128 = 0x7b;

const code = (operand: Operand): Code => {
  if (typeof operand === 'number') return [0x41, ...signed(operand)];
  return 'index' in operand ? [0x20, ...unsigned(operand.index)] : operand;
};

/** Instructions one after another. */
export const sequence = (...codes: Code[]): Code => codes.flat();

export const set = (local: Local, value: Operand): Code => [...code(value), 0x21, ...unsigned(local.index)];

const operation =
  (opcode: number) =>
  (a: Operand, b: Operand): Code => [...code(a), ...code(b), opcode];

/** 32-bit integers: addresses in bytes, counts. */
export const i32 = {
  load: (address: Operand, offset = 0): Code => [...code(address), 0x28, 2, ...unsigned(offset)],
  /** 1 when a < b, both without sign. */
  less: operation(0x49),
  add: operation(0x6a),
  subtract: operation(0x6b),
  multiply: operation(0x6c),
  /** a when `condition` is not 0, else b. */
  select: (a: Operand, b: Operand, condition: Operand): Code => [
    ...code(a),
    ...code(b),
    ...code(condition),
    0x1b,
  ],
};

const simd =
  (opcode: number) =>
  (...operands: Operand[]): Code => [...operands.flatMap(code), 0xfd, ...unsigned(opcode)];

/** Four 32-bit floats at once. Addresses need no alignment. */
export const f32x4 = {
  zero: [0xfd, 12, ...new Array<number>(16).fill(0)] as Code,
  /** Four times the same number. */
  constant: (value: number): Code => {
    const bytes = new Uint8Array(Float32Array.of(value, value, value, value).buffer);
    return [0xfd, 12, ...bytes];
  },
  load: (address: Operand, offset = 0): Code => [...code(address), 0xfd, 0, 2, ...unsigned(offset)],
  /** One number in all four places. */
  loadSplat: (address: Operand, offset = 0): Code => [...code(address), 0xfd, 9, 2, ...unsigned(offset)],
  store: (address: Operand, value: Operand, offset = 0): Code => [
    ...code(address),
    ...code(value),
    ...[0xfd, 11, 2],
    ...unsigned(offset),
  ],
  /** Four times the same 32 bits. */
  splatI32: simd(17),
  /** All bits of a place are 1 where a > b, else 0. */
  greater: simd(0x44),
  and: simd(0x4e),
  /** (a, b, mask): bits of a where the mask is 1, of b where it is 0. */
  select: simd(0x52),
  add: simd(0xe4),
  subtract: simd(0xe5),
  multiply: simd(0xe6),
  min: simd(0xe8),
  max: simd(0xe9),
};

export interface LoopRange {
  from: Operand;
  /** Evaluated in every round. */
  to: Operand;
  step: Operand;
}

/** `for (local = from; local < to; local += step)`, compared without sign. */
export function loop(local: Local, { from, to, step }: LoopRange, body: Code): Code {
  const again = i32.less(local, to);
  return sequence(
    set(local, from),
    again,
    [0x04, 0x40, 0x03, 0x40], // if, loop
    body,
    set(local, i32.add(local, step)),
    again,
    [0x0d, 0, 0x0b, 0x0b], // branch to the loop, end, end
  );
}

/** Copies bytes; the areas may overlap. */
export const copyBytes = (to: Operand, from: Operand, count: Operand): Code => [
  ...[to, from, count].flatMap(code),
  ...[0xfc, 10, 0, 0],
];

/** Sets bytes to 0. */
export const clearBytes = (at: Operand, count: Operand): Code => [
  ...[at, 0, count].flatMap(code),
  ...[0xfc, 11, 0],
];

/** Only here so that TypeScript checks the body against the names. */
export const defineFunction = <const P extends string, const V extends string>(
  source: FunctionSource<P, V>,
): FunctionSource<P, V> => source;

/** The binary module of one function, exported as `run`. It imports its memory as `env.memory`. */
export function assemble<P extends string, V extends string>(
  source: FunctionSource<P, V>,
): Uint8Array<ArrayBuffer> {
  const type = [0x60, ...list(source.parameters.map(() => [I32])), 0];
  const memory = [...text('env'), ...text('memory'), 2, 0, 0];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([type])),
    ...section(2, list([memory])),
    ...section(3, list([[0]])),
    ...section(7, list([[...text('run'), 0, 0]])),
    ...section(10, list([functionBody(source)])),
  ]);
}

function functionBody<P extends string, V extends string>(source: FunctionSource<P, V>): number[] {
  const names = [...source.parameters, ...source.variables];
  const locals = Object.fromEntries(names.map((name, index) => [name, { index }])) as Record<P | V, Local>;
  let vectors = 0;
  const instructions = source.body(locals, () => ({ index: names.length + vectors++ }));
  const groups = [
    [...unsigned(source.variables.length), I32],
    [...unsigned(vectors), V128],
  ];
  const content = [...list(groups), ...instructions, 0x0b];
  return [...unsigned(content.length), ...content];
}

const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];

const list = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];

function text(value: string): number[] {
  const bytes = Buffer.from(value, 'utf8');
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128 without sign. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

/** LEB128 with sign, of a 32-bit integer. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}
