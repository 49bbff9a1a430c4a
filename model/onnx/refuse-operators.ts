import { InvalidInputError } from '#core/errors.ts';
import type { ModelProto, NodeProto } from './proto/onnx_pb.js';
import { graphsIn } from './subgraphs.ts';

/** Domains of operators that ONNX Runtime brings along for processors. */
const KNOWN_DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/** Before it, some operators that are added to a graph (`Max`, `Gemm`, `Reshape`) worked in other ways. */
const OLDEST_OPSET = 9n;

/**
 * Refuses graphs that only a program with an extension of its own can run, and graphs of functions, into
 * which the search for the classifier cannot look.
 *
 * @throws InvalidInputError naming the operators
 */
export function refuseUnknownOperators({ graph, functions, opsetImport }: ModelProto): void {
  if (graph === undefined) return;
  const standard = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  if (standard !== undefined && standard.version < OLDEST_OPSET) {
    throw new InvalidInputError(
      `The graph uses operators of opset ${standard.version}, and ${OLDEST_OPSET} is the oldest that is taken`,
      {
        hint: `Export it again with opset_version=17, or convert it: python -c "import onnx, onnx.version_converter as v; onnx.save(v.convert_version(onnx.load('model.onnx'), 17), 'newer.onnx')"`,
      },
    );
  }
  const names = functions.map(({ name }) => name);
  const nodes = [...graphsIn(graph)].flatMap(({ node }) => node);
  if (names.length > 0 && nodes.some(({ opType }) => names.includes(opType))) {
    throw new InvalidInputError(`The graph is divided into functions (${someOf(names)})`, {
      hint: `Write it as one graph: python -c "import onnx, onnx.inliner as i; onnx.save(i.inline_local_functions(onnx.load('model.onnx')), 'inlined.onnx')"`,
    });
  }
  const custom = nodes.filter(({ domain }) => !KNOWN_DOMAINS.has(domain)).map(operatorName);
  if (custom.length > 0) {
    throw new InvalidInputError(
      `The graph uses operators that are no part of ONNX: ${someOf([...new Set(custom)])}`,
      { hint: 'Export it with standard operators only; a plug-in of another program made these.' },
    );
  }
  if (graph.sparseInitializer.length > 0) {
    throw new InvalidInputError('The graph has constants in sparse form', {
      hint: 'Export it with dense weights.',
    });
  }
}

/** With its domain, as in `com.example::Roll`. */
const operatorName = ({ domain, opType }: NodeProto) => `${domain}::${opType}`;

const someOf = (names: readonly string[]) =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 4).join(', ')} and ${names.length - 4} others`;
