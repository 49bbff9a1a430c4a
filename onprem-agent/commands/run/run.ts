import { access } from 'node:fs/promises';
import type { ParsedArgs } from 'citty';
import { nameSchema } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { type AgentCommand, agentCommand } from '../../cli/command.ts';
import { EXIT_CODES, UsageError } from '../../cli/errors.ts';
import type { Io } from '../../cli/io.ts';
import type { Output } from '../../cli/output.ts';
import { openSigningKey } from '../../model-folder/signing-key.ts';
import { importModel } from '../import/import.ts';
import { readLabels, sizeOption } from '../import/options.ts';
import { preparationWishes } from '../import/preparation.ts';
import { push } from '../push/push.ts';
import { runTrainer } from './run-trainer.ts';
import { networksAt, writtenNetwork } from './written-network.ts';

type Values = Record<string, string | boolean | undefined>;

export const run = agentCommand({
  args: {
    result: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Network that the program writes, or the folder in which it does (Required)',
    },
    'import-only': { type: 'boolean', description: 'Do not push the model' },
    ...optionsOf(push),
    ...optionsOf(importModel),
  },
  examples: [
    'graft run --result best.onnx --out models/photos --name photos --preset torchvision -- python train.py --epochs 90',
    'graft run --result runs --out models/photos --name photos --preset unit --import-only -- ./train.sh',
    'graft run --result exported.keras --out models/photos --name photos',
  ],
  takesProgram: true,
  alsoReads: ['import', 'push'],
  async run({ args: given, program, io: own, output }) {
    const args = given as Values;
    const io = remembering(own);
    await checkBefore(args, { io, output });
    const { result } = args as { result: string };
    const before = program.length === 0 ? new Map() : await networksAt(result);
    if (program.length > 0) {
      const code = await runTrainer(program, args.json === true);
      if (code !== 0) {
        const text = `${program[0]} ended with exit code ${code}: nothing is imported`;
        output.result({ command: 'run', ok: false, exitCode: code, message: text }, text);
        return code;
      }
      // Told to stop, it ended as if all were well: what it has written need not be complete.
      io.signal.throwIfAborted();
      output.note('ran', { exitCode: code }, `${program[0]} ended with success`);
    }
    const network = await writtenNetwork(result, before);
    const steps = collecting(output);
    await importModel.run({
      args: argsOf(importModel, { ...args, network }),
      program: [],
      io,
      output: steps.output,
    });
    if (args['import-only'] === true) {
      output.result({ command: 'run', network, imported: steps.results[0] }, String(args.out));
      return EXIT_CODES.ok;
    }
    const code = await push.run({
      args: argsOf(push, { ...args, dir: args.out }),
      program: [],
      io,
      output: steps.output,
    });
    const [imported, pushed] = steps.results;
    const done = code ?? EXIT_CODES.ok;
    output.result(
      { command: 'run', ok: done === EXIT_CODES.ok, network, imported, pushed },
      String(pushed?.uri ?? pushed?.id ?? args.out),
    );
    return done;
  },
});

/** Refuses before the program runs, which takes hours, what would fail after it. */
async function checkBefore(args: Values, context: { io: Io; output: Output }): Promise<void> {
  for (const option of ['result', 'out', 'name']) {
    if (args[option] === undefined) throw new UsageError(`\`graft run\` needs --${option}`);
  }
  const name = nameSchema.safeParse(args.name);
  if (!name.success) throw new UsageError(`--name is "${args.name}": ${name.error.issues[0]!.message}`);
  preparationWishes(args);
  sizeOption(args.size as string | undefined);
  if (args.labels !== undefined) await readLabels(args.labels as string);
  const isTaken = await access(args.out as string).then(
    () => true,
    () => false,
  );
  if (isTaken && args.force !== true) {
    throw new InvalidInputError(`"${args.out}" is there already`, {
      hint: 'Choose another folder with --out, or replace it with --force.',
    });
  }
  if (args['import-only'] === true && args.key === undefined) return;
  const key = await openSigningKey(args as { key?: string }, context);
  if (key !== undefined || args['import-only'] === true) return;
  throw new InvalidInputError('There is no signing key, and an unsigned model would be refused', {
    hint: 'Make a key with `graft keygen` and deploy its public key, name the key with --key, or give --import-only.',
  });
}

/** A person is asked for the passphrase before the program runs, and not again hours later. */
function remembering(io: Io): Io {
  const ask = io.askSecret?.bind(io);
  if (ask === undefined) return io;
  let answer: Promise<string> | undefined;
  return {
    ...io,
    askSecret(question) {
      answer ??= ask(question);
      return answer;
    },
  };
}

/** The results of commands within this one are steps of it. */
function collecting(output: Output) {
  const results: Record<string, unknown>[] = [];
  const inner: Output = {
    ...output,
    result(fields, text) {
      results.push(fields);
      output.note('step', fields, text);
    },
  };
  return { results, output: inner };
}

function optionsOf(command: AgentCommand) {
  return Object.fromEntries(Object.entries(command.args).filter(([, { type }]) => type !== 'positional'));
}

/** The values that a command knows, in the form in which it takes them. */
function argsOf(command: AgentCommand, values: Values): ParsedArgs {
  const own = Object.keys(command.args).map((option) => [option, values[option]]);
  return { _: [], ...Object.fromEntries(own) };
}
