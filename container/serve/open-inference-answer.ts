import { type PredictionResponse, SERVED_OUTPUTS } from '#core/contracts/served-model.ts';
import { ProblemError } from '#core/problem.ts';
import type { InferenceRequest } from './open-inference-request.ts';
import type { Predictor } from './predictor.ts';
import { jsonReply, type Reply } from './reply.ts';

type Served = Predictor['served'];

interface Output {
  name: string;
  datatype: 'BYTES' | 'FP32';
  /** Of one image. */
  shape: number[];
  valuesOf(answer: PredictionResponse): (string | number)[];
}

/** The outputs that clients see: the graph's own two, and the label ranked first. */
function outputsOf({ labels }: Served): Output[] {
  return [
    { name: 'label', datatype: 'BYTES', shape: [], valuesOf: ({ predictions }) => [predictions[0]!.label] },
    {
      name: SERVED_OUTPUTS.probabilities,
      datatype: 'FP32',
      shape: [labels.length],
      valuesOf({ predictions }) {
        const byLabel = new Map(predictions.map(({ label, probability }) => [label, probability]));
        return labels.map((label) => byLabel.get(label)!);
      },
    },
    {
      name: SERVED_OUTPUTS.outOfDomain,
      datatype: 'FP32',
      shape: [1],
      valuesOf: ({ outOfDomain }) => [outOfDomain!],
    },
  ];
}

/**
 * The model's inputs and outputs, as the protocol describes them. Its `inputs` are those that a request must
 * have, so `pixels`, which may be sent instead of `image`, is not among them.
 */
export function describeTensors(served: Served) {
  return {
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
    outputs: outputsOf(served).map(({ name, datatype, shape }) => ({
      name,
      datatype,
      shape: [-1, ...shape],
    })),
  };
}

/** @throws ProblemError 400 for an output that there is not */
export function inferenceReply(
  served: Served,
  { id, outputs: wanted, binary }: InferenceRequest,
  answers: readonly PredictionResponse[],
): Reply {
  const known = outputsOf(served);
  const chosen = (wanted ?? known.map(({ name }) => ({ name, binary }))).map(({ name, binary }) => {
    const output = known.find((each) => each.name === name);
    if (output !== undefined) return { output, binary };
    const names = known.map((each) => each.name).join(', ');
    throw new ProblemError(400, `There is no output "${name}": expected ${names}`);
  });
  const parts: Buffer[] = [];
  const outputs = chosen.map(({ output, binary: asBytes }) => {
    const { name, datatype, shape } = output;
    const values = answers.flatMap((answer) => output.valuesOf(answer));
    const tensor = { name, datatype, shape: [answers.length, ...shape] };
    if (!asBytes) return { ...tensor, data: values };
    const bytes = datatype === 'FP32' ? floatBytes(values as number[]) : elementBytes(values as string[]);
    parts.push(bytes);
    return { ...tensor, parameters: { binary_data_size: bytes.length } };
  });
  const json = {
    model_name: served.domain,
    model_version: served.trainingJob,
    ...(id === undefined ? {} : { id }),
    outputs,
  };
  if (parts.length === 0) return jsonReply(json);
  const head = Buffer.from(JSON.stringify(json));
  return {
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.length),
    },
    body: Buffer.concat([head, ...parts]),
  };
}

function floatBytes(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes;
}

function elementBytes(values: readonly string[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
