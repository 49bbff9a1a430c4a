import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documents, linesOf, programs, root } from './sources.ts';

interface Confusion {
  what: string;
  pattern: RegExp;
  /** What to write. */
  instead: string;
  /** Lines that are meant otherwise, each as `file: text`. */
  except?: RegExp;
}

/** In code, comments and messages, and in documents. */
const CONFUSIONS: readonly Confusion[] = [
  { what: '"artefact"', pattern: /artefact/i, instead: 'artifact' },
  {
    what: '"fine-tuning" for transfer',
    // StartFineTuning, its file and its Lambda keep their names, and so does the benchmark against Keras.
    pattern: /(?<!start-?|bench[:/]|keras_)fine[-_ ]?tun(e|ing)/i,
    instead: 'transfer',
    except:
      /^README\.md: .*gets its own fine-tuned, gated,|^bench\/fine-tune\.ts: .*('\.\/fine-tune\/|`fine-tune-)/,
  },
  { what: "the challenger's job", pattern: /challenger('s)? (training )?job/i, instead: 'transfer job' },
  { what: '"course" for a curve', pattern: /\b[a-z]*Course\b/, instead: 'validation curve' },
  {
    what: '"classes" for a number or for integers',
    pattern: /\b(const|let|readonly) classes\b|[.({[,]\s*classes\s*[,:.)}=\]]|^\s*classes\??[,:]/,
    instead: 'labelCount or classIndices',
    // The manifest's field, which is in S3, and that of the events of `graft train --json`.
    except: /dataSet\.classes|classes: (z\.int\(\)|data\.labels\.length)|dataSet: \{.*classes:/,
  },
  {
    what: 'someone who is not named',
    pattern: /\b(whoever|nobody|somebody)\b/i,
    instead: 'caller, person, another promotion, or what does not happen',
    // In tests it is also a name that does not exist. The state machine's answer after a time-out stays.
    except: /(^|\/)test\/|'comment': 'Nobody$/,
  },
  {
    what: '"gate" for its policy, decision or rows',
    pattern:
      /\b(const|let) gate\b|[{,]\s*gate\s*[,}]|^\s*gate,$|\bgate\??: (z\.array|\w+Schema)\b|(?<![\w.])gate\??\.(decision|forced|rows)/,
    instead: 'gatePolicy, gateDecision or rows',
    // Fields of domain.json, outcome.json, report.json and the states' data. In documents it is the function.
    except:
      /^core\/contracts\/(domain|outcome|promotion-state|report)\.ts: |^functions\/(await-approval|evaluate-gate)\.ts: +gate: |^test\/end-to-end\/|\.md: /,
  },
  {
    what: '"training" for what is trained, or trained on, or counted',
    pattern:
      /\b(const|let) training = (?!train|output\.progress)|\{\s*training\s*[,}]|^\s*training,$|,\s*training\s*[,}].*[=)]|\btraining\??: (number|Int32Array|\d|\w*Schema\b|z\.)/,
    instead: 'trained, trainingJobs, trainingIndices, trainingImages or trainingCount',
    // Fields of the manifest and of the states' data; an option of TensorFlow.js is `training: true`.
    except:
      /^core\/contracts\/(manifest|promotion-state)\.ts: |^functions\/(deploy-endpoint|evaluate-gate)\.ts: +training: /,
  },
  {
    what: '"labels" for numbers',
    pattern:
      /\b(const|let) labels = (tf\.|Int32Array)|\blabels\??: (tf\.|Int32Array|number\b|z\.int|\w+\.length)/,
    instead: 'labelCount or classIndices',
    // The result of `graft data push --json`.
    except: /^onprem-agent\/commands\/data-push\/data-push\.ts: +labels: labels\.length,$/,
  },
  {
    what: '"baseline" for a number or for what finds one',
    pattern:
      /(?<![\w.])baseline\.(reuse|domainFingerprint)\b|\bbaseline\] = .*Accuracy|\bbaseline\??: (number|baselineQuery)/,
    instead: 'baselineAccuracy or query',
    // Fields of the states' data.
    except: /^core\/contracts\/promotion-state\.ts: +baseline: baselineQuerySchema\./,
  },
];

const lines = [...programs, ...documents]
  .filter((file) => !/^test\/documentation\/|^docs\/glossary\.md$|^CHANGELOG\.md$/.test(file))
  .flatMap(linesOf);

describe('the glossary', () => {
  const entries = readFileSync(join(root, 'docs/glossary.md'), 'utf8').matchAll(
    /^- \*\*(.+?)\*\*.*: (.+)$/gm,
  );
  const words = [...entries].map(([, word]) => word!);

  test('is in alphabetical order, a word a line', () => {
    expect(words.length).toBeGreaterThan(20);
    expect(words).toEqual([...new Set(words)].sort((a, b) => a.localeCompare(b, 'en')));
  });

  test.each(CONFUSIONS)('keeps out $what', ({ pattern, instead, except }) => {
    const found = lines.filter(({ file, text }) => pattern.test(text) && !except?.test(`${file}: ${text}`));

    expect(found.map(({ file, number, text }) => `${file}:${number} ${text.trim()} (${instead})`)).toEqual(
      [],
    );
  });

  test.each([
    ['const artefacts = await list();', '"artefact"'],
    ['function followCourse() {', '"course" for a curve'],
    ['const { input, classes, seed } = options;', '"classes" for a number or for integers'],
    ['  classes: Int32Array;', '"classes" for a number or for integers'],
    ['the fine-tuning job has scored it', '"fine-tuning" for transfer'],
    ['  TransferFailed or FineTuningFailed', '"fine-tuning" for transfer'],
    ['npm run bench:fine-tune fine-tunes a model', '"fine-tuning" for transfer'],
    ['Nobody answers', 'someone who is not named'],
    ['const { domain, gate, manual } = promotion;', '"gate" for its policy, decision or rows'],
    ['  gate: gatePolicySchema,', '"gate" for its policy, decision or rows'],
    ['  gate: z.array(gateRowSchema),', '"gate" for its policy, decision or rows'],
    ["if (gate?.decision === 'REJECT') {", '"gate" for its policy, decision or rows'],
    ['const { training, validation } = split;', '"training" for what is trained, or trained on, or counted'],
    [
      'function show({ version, training }: Manifest) {',
      '"training" for what is trained, or trained on, or counted',
    ],
    ["const training = await sets('general');", '"training" for what is trained, or trained on, or counted'],
    ['  training: number;', '"training" for what is trained, or trained on, or counted'],
    ['  training: trainedSchema,', '"training" for what is trained, or trained on, or counted'],
    ["const labels = tf.tensor1d(indices, 'int32');", '"labels" for numbers'],
    ['learn(x: tf.Tensor4D, labels: tf.Tensor1D) {', '"labels" for numbers'],
    ['  labels: data.length,', '"labels" for numbers'],
    ['const reuse = baseline.reuse;', '"baseline" for a number or for what finds one'],
    [
      'const [accuracy, baseline] = [a.accuracy, a.baselineAccuracy];',
      '"baseline" for a number or for what finds one',
    ],
    ['  baseline: number;', '"baseline" for a number or for what finds one'],
    ["runs in the challenger's job", "the challenger's job"],
  ])('finds a confusion in %j', (text, what) => {
    expect(CONFUSIONS.filter(({ pattern }) => pattern.test(text)).map((one) => one.what)).toEqual([what]);
  });

  test.each([
    'StartFineTuning, createStartFineTuning, start-fine-tuning.ts',
    'npm run bench:fine-tune, bench/fine-tune.ts, bench/peers/keras_fine_tune.py',
    'const { gate: gateDecision, training: trained, baseline: query } = promotion;',
    'const training = trainGeneral(data, options);',
    'model.apply(x, { training: true })',
    'const { labels, baseline } = evaluation;',
  ])('takes %j', (text) => {
    expect(CONFUSIONS.filter(({ pattern }) => pattern.test(text))).toEqual([]);
  });
});
