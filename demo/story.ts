import { relative } from 'node:path';
import type { Evaluation } from '#core/contracts/evaluation.ts';
import type { Origin } from '#core/contracts/manifest.ts';
import { repository } from '../scripts/fingerprint.ts';
import type { Answer } from './ask.ts';
import { accuracyPlot, shareBar, sparkline } from './charts.ts';
import type { Promotion, PromotionResults } from './promotion.ts';
import type { Screen } from './screen.ts';

/** @param hint how to use a GPU that is here and unused */
export function tellTraining(
  screen: Screen,
  { training: figures, metrics }: Extract<Origin, { kind: 'trained' }>,
  hint: string | undefined,
): void {
  const rate = figures.imagesSeen / Math.max(figures.seconds, 1e-9);
  screen.line(
    `    ${figures.imagesSeen} images in ${figures.seconds.toFixed(0)} s (${rate.toFixed(0)} img/s), validation accuracy ${metrics.validationAccuracy.toFixed(2)}`,
  );
  screen.line(`    on ${figures.backend}, ${figures.device}`);
  if (hint) screen.line(`    ${hint}`);
  screen.line();
}

/**
 * The three figures of the source article: without transfer learning, over the steps, with transfer learning.
 */
export function tellResults(screen: Screen, promotion: Promotion, results: PromotionResults): void {
  const { transfer, baseline, decision, outcome } = results;
  screen.line();
  screen.line(screen.paint('heading', ` 3  Promotion  ${promotion.name}`));
  screen.line(`    started by the S3 event`);
  if (transfer !== undefined && baseline !== undefined) {
    const highest = Math.max(
      ...[...transfer.curve, ...baseline.curve].map((point) => point.validationAccuracy),
    );
    for (const [name, { curve, bestStep }] of [
      ['transfer', transfer],
      ['baseline', baseline],
    ] as const) {
      const best = curve.find((point) => point.step === bestStep)?.validationAccuracy;
      const line = sparkline(
        curve.map((point) => point.validationAccuracy),
        highest,
      );
      screen.line(
        `    ${name.padEnd(10)} ${line.padEnd(24)}  best ${best?.toFixed(2) ?? '?'} at step ${bestStep}`,
      );
    }
    screen.line();
    screen.line('    Validation accuracy over the steps of transfer, ◆ the one that was kept');
    for (const line of accuracyPlot(transfer.curve, transfer.bestStep)) screen.line(`    ${line}`);
    screen.line();
  }
  for (const row of decision?.rows ?? []) {
    const mark = row.passed ? screen.paint('good', '✓') : screen.paint('bad', '✗');
    screen.line(`    ${mark} ${row.rule.padEnd(21)} ${row.observed}   (required ${row.required})`);
  }
  if (outcome === undefined) {
    screen.line(`    ${promotion.status}: ${promotion.cause ?? 'no outcome was written'}`);
  } else {
    const name = screen.paint(outcome.outcome === 'DEPLOYED' ? 'good' : 'bad', outcome.outcome);
    screen.line(`    ${[name, outcome.endpoint, outcome.reason].filter(Boolean).join('  ')}`);
  }
  if (transfer !== undefined && baseline !== undefined) {
    screen.line();
    screen.line(`    Accuracy on ${transfer.rows.length} test images that no training ever saw`);
    for (const [name, accuracy] of [
      ['without transfer learning', baseline.accuracy],
      ['with transfer learning', transfer.accuracy],
    ] as const) {
      screen.line(`      ${name.padEnd(26)} ${shareBar(accuracy)} ${accuracy.toFixed(2)}`);
    }
    tellUnsure(screen, transfer);
  }
}

/** How often the model is unsure, on test images and on images of none of the classes. */
function tellUnsure(screen: Screen, { unsure, rows }: Evaluation): void {
  if (unsure?.other === undefined) return;
  const { images, caught, auroc } = unsure.other;
  screen.line();
  screen.line(
    `    Unsure: an image of none of the classes is told from a test image with AUROC ${auroc.toFixed(2)}`,
  );
  screen.line(
    `      of ${`${rows.length} test images`.padEnd(23)} ${shareBar(unsure.falseAlarms)} ${unsure.falseAlarms.toFixed(2)}`,
  );
  screen.line(`      of ${`${images} images of none`.padEnd(23)} ${shareBar(caught)} ${caught.toFixed(2)}`);
}

/** @param path of the report, where there is one */
export function tellReport(screen: Screen, path: string | undefined): void {
  screen.line();
  if (path === undefined) {
    screen.line('    No report was written: the log of the local AWS says why under "writeReport"');
  } else {
    screen.line(`    The report, for a browser or a printer: ${relative(repository, path)}`);
  }
}

/** @param promoted general model version of this promotion; another one answers where it was not deployed */
export function tellAnswers(screen: Screen, answers: readonly Answer[], promoted: string): void {
  screen.line();
  const right = answers.filter((answer) => answer.label === answer.expected).length;
  screen.line(screen.paint('heading', ' 4  Ask it     POST /domains/…/predictions'));
  const { version } = answers[0]!;
  if (version !== promoted) {
    screen.line(`    The model that was live before still answers: general model ${version}`);
  }
  screen.line(`    one image of each class: ${right} of ${answers.length} right`);
  for (const answer of answers) {
    const correct = answer.label === answer.expected;
    const truth = `${correct ? '✓' : `it is ${answer.expected}`}${answer.unsure ? ', unsure' : ''}`;
    screen.line(
      `    ${answer.label.padEnd(16)} ${answer.probability.toFixed(2)}   ${screen.paint(correct ? 'good' : 'bad', truth.padEnd(24))} ${answer.milliseconds.toFixed(0).padStart(4)} ms`,
    );
  }
}

/** @param answers about images of none of the classes: every label is wrong */
export function tellAnswersAboutOtherImages(screen: Screen, answers: readonly Answer[]): void {
  const unsure = answers.filter((answer) => answer.unsure);
  const names = unsure.map(({ expected }) => expected);
  screen.line();
  screen.line(
    `    … and ${answers.length} images of none of the classes: "unsure" about ${unsure.length} of them${names.length === 0 ? '' : ` (${names.join(', ')})`}`,
  );
}

/** What a person can type next; every line works as printed, in the folder that `npm start` ran in. */
export function tellHowToGoOn(
  screen: Screen,
  next: {
    endpoint: string;
    /** Address of the console. */
    console: string | undefined;
    url: string;
    apiKey: string;
    image: string;
    stateMachineArn: string;
    input: Record<string, unknown>;
    /** Data of another domain, not pushed yet. */
    domain: { name: string; folder: string; stack: string };
  },
): void {
  screen.line();
  screen.line(`Up on ${next.endpoint} until Ctrl-C. Try:`);
  screen.line();
  screen.command([
    ...['curl', `-H 'x-api-key: ${next.apiKey}'`, `-H 'content-type: image/png'`],
    ...[`--data-binary @${relative(repository, next.image)}`, next.url],
  ]);
  screen.line();
  const region = next.stateMachineArn.split(':')[3];
  const credentials = ['AWS_ACCESS_KEY_ID=local', 'AWS_SECRET_ACCESS_KEY=local'];
  screen.command([
    ...credentials,
    ...['aws stepfunctions start-execution', `--region ${region}`, `--endpoint-url ${next.endpoint}`],
    ...[`--state-machine-arn ${next.stateMachineArn}`, `--input '${JSON.stringify(next.input)}'`],
  ]);
  screen.line();
  const { name, folder, stack } = next.domain;
  screen.line(`A second domain, promoted from the same general model as soon as its data are there:`);
  screen.line();
  screen.command([
    ...credentials,
    ...[`AWS_REGION=${region}`, `AWS_ENDPOINT_URL=${next.endpoint}`],
    ...[`npx graft data push ${relative(repository, folder)}`, `--domain ${name}`, `--stack ${stack}`],
  ]);
  screen.line();
  if (next.console !== undefined) {
    screen.line(`The console, where all of it is seen: ${next.console}`);
    screen.line();
  }
}
