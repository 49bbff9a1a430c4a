import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that answers one command after another, each a line of JSON on its standard input. */
export interface Helper {
  ask<Answer>(command: object): Promise<Answer>;
  /** Ends when its standard input does. */
  end(): Promise<void>;
}

/** Starts a module of ours as a helper, with the loader of this process. */
export async function startHelper(file: string, args: readonly string[] = []): Promise<Helper> {
  const child = spawn(process.execPath, [...process.execArgv, file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${file} ended without an answer`);
    return JSON.parse(value);
  };
  await next(); // That it is ready.
  return {
    async ask(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return next();
    },
    async end() {
      child.stdin.end();
      await exited;
    },
  };
}

/** The other end: says that this process is ready, and answers commands until there are no more. */
export async function answerCommands<Command>(answer: (command: Command) => Promise<object>): Promise<void> {
  console.log('{}');
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
  }
}
