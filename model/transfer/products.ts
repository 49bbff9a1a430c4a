import { modelOf, node, toBytes, value } from '../onnx/build.ts';
import { openSession, type Session } from '../onnx/session.ts';

/** A matrix, row by row. */
export interface Matrix {
  rows: number;
  columns: number;
  values: Float32Array;
}

/** Products of large matrices, on all cores. */
export interface Products {
  /** `A B`. */
  multiply(a: Matrix, b: Matrix): Promise<Float32Array>;
  /** `Aᵀ B`. */
  multiplyTransposed(a: Matrix, b: Matrix): Promise<Float32Array>;
  /** `A Bᵀ`. */
  multiplyByTransposed(a: Matrix, b: Matrix): Promise<Float32Array>;
  close(): Promise<void>;
}

/** @param threads that share each product */
export async function openProducts(threads: number): Promise<Products> {
  const [plain, first, second] = await Promise.all([
    openProduct(threads, {}),
    openProduct(threads, { transA: 1n }),
    openProduct(threads, { transB: 1n }),
  ]);
  return {
    multiply: (a, b) => run(plain, a, b),
    multiplyTransposed: (a, b) => run(first, a, b),
    multiplyByTransposed: (a, b) => run(second, a, b),
    async close() {
      await Promise.all([plain, first, second].map((session) => session.close()));
    },
  };
}

/** ONNX Runtime's own product: it uses the processor's vector instructions and several threads. */
function openProduct(threads: number, attributes: Record<string, bigint>): Promise<Session> {
  const graph = modelOf({
    name: 'product',
    inputs: [value('a', ['m', 'k']), value('b', ['p', 'q'])],
    outputs: [value('c', ['r', 's'])],
    nodes: [node('Gemm', ['a', 'b'], ['c'], attributes)],
    constants: [],
  });
  return openSession(toBytes(graph), { threads });
}

async function run(session: Session, a: Matrix, b: Matrix): Promise<Float32Array> {
  const { c } = await session.run({ a: asValues(a), b: asValues(b) });
  return c!.data;
}

const asValues = ({ rows, columns, values }: Matrix) => ({ dims: [rows, columns], data: values });
