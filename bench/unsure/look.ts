import { SERVED_OUTPUTS } from '#core/contracts/served-model.ts';
import { inferImages } from '#model/inference/infer-images.ts';
import { openGraph } from '#model/inference/open-graph.ts';
import type { InferencePool } from '#model/inference/pool.ts';
import { value } from '#model/onnx/build.ts';
import type { ModelProto } from '#model/onnx/proto/onnx_pb.js';
import type { Trained } from '../shared/train-and-test.ts';
import type { Seen } from './scores.ts';

/** A served model that also tells what its scores are computed from. */
interface Looking {
  /** Gives probabilities and `out_of_domain` first. */
  pool: InferencePool;
  look(paths: readonly string[]): Promise<Seen[]>;
}

/** Output of the head before softmax: see `headPart`. */
const LOGITS = 'graft/head/logits';

export async function openLooking({ result, served }: Trained): Promise<Looking> {
  const features = result.unsure.output;
  const { probabilities, outOfDomain } = SERVED_OUTPUTS;
  const graph: ModelProto = { ...served.graph, graph: { ...served.graph.graph! } };
  // They lie on the way to the two outputs, so they only have to be asked for.
  graph.graph!.output = [
    ...served.graph.graph!.output,
    value(features, ['n', result.unsure.rows.width]),
    value(LOGITS, ['n', result.unsure.images.labels.length]),
  ];
  const outputs = [probabilities, outOfDomain, features, LOGITS];
  const pool = await openGraph(graph, { inputs: [result.input], outputs });
  return {
    pool,
    async look(paths) {
      const seen: Seen[] = new Array(paths.length);
      await inferImages(pool, {
        count: paths.length,
        taskOf: (index) => ({ image: paths[index]! }),
        onResult(index, [values]) {
          seen[index] = { features: values![2]!, logits: [...values![3]!] };
        },
      });
      return seen;
    },
  };
}
