/** An operation's answer: a value, an error to throw, or a function of the input (which may throw). */
type Answer = unknown | Error | ((input: never) => unknown);

export interface RecordingClient<Client> {
  /** To hand to the code under test. */
  client: Client;
  /** Every call so far, oldest first: the operation's name and its input. */
  calls: { operation: string; input: unknown }[];
  /** Inputs of one operation. */
  inputsOf(operation: string): Record<string, unknown>[];
  /** Changes an operation's answer from now on. */
  answer(operation: string, answer: Answer): void;
}

/**
 * A stand-in for an AWS SDK client. It answers `send` by operation name (`DescribeTrainingJob`, …) and
 * records every call. An operation without an answer is an error, so that no test passes with an unexpected
 * call.
 */
export function recordingClient<Client>(answers: Record<string, Answer>): RecordingClient<Client> {
  const current = new Map(Object.entries(answers));
  const calls: { operation: string; input: unknown }[] = [];
  const send = async (command: { constructor: { name: string }; input: unknown }) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    calls.push({ operation, input: command.input });
    if (!current.has(operation)) throw new Error(`the test gives no answer for ${operation}`);
    const answer = current.get(operation);
    const value =
      typeof answer === 'function' ? (answer as (input: unknown) => unknown)(command.input) : answer;
    if (value instanceof Error) throw value;
    return value;
  };
  return {
    client: { send } as Client,
    calls,
    inputsOf: (operation) =>
      calls
        .filter((call) => call.operation === operation)
        .map((call) => call.input as Record<string, unknown>),
    answer: (operation, answer) => current.set(operation, answer),
  };
}

/** An error as the SDK throws it, for services that have no class for it. */
export function serviceError(name: string, message: string, members: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 }, ...members });
}
