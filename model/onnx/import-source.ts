import type { Input } from '#core/contracts/common.ts';
import type { Origin } from '#core/contracts/manifest.ts';
import type { ModelProto } from './proto/onnx_pb.js';

/** How pixels become the values of the graph's input. */
export type Preparation = Pick<Input, 'colours' | 'mean' | 'deviation' | 'resize' | 'interpolation'>;

/**
 * What the reader of a file format makes of a file: the whole network, with its classifier
 * where it has one. Where to cut is found afterwards, in the same way for every format.
 */
export interface ImportSource {
  origin: Extract<Origin, { kind: 'imported' }>;
  /**
   * Takes one input of shape [n, 3, height, width] or [n, height, width, 3]; a dimension may be unknown. All
   * constants are inside, as initializers.
   */
  model: ModelProto;
  /**
   * What the file itself says about preparing; the person who imports says the rest. A network that rescales
   * pixels itself says mean 0 and deviation 1.
   */
  preparation: Partial<Preparation>;
  /** Names of the classifier's outputs, where the file has them. */
  labels?: readonly string[];
}
