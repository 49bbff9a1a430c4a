import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { answerApproval } from '#cloud/promotions/answer-approval.ts';
import { startPromotion, startRollback } from '#cloud/promotions/start-execution.ts';
import { stopTrainingJob } from '#cloud/training/training-jobs.ts';
import { nameSchema } from '#core/contracts/common.ts';
import { NotFoundError } from '#core/errors.ts';
import { executionArnOf, trainingJobName } from '#core/names.ts';
import { parse } from '#core/parse.ts';
import { domainsOf } from './history.ts';
import { readJsonBody } from './read-body.ts';
import { approveSchema, promoteSchema, rejectSchema, rollbackSchema, stopSchema } from './requests.ts';
import type { Asked, Route } from './routes.ts';
import type { ConsoleServices } from './services.ts';

/** Domains of a stopped execution whose jobs are stopped too. */
const STOPPED_DOMAINS = 100;

/** What a person can decide. Each route changes something, and is refused in read-only mode. */
export function actionRoutes(services: ConsoleServices): Route[] {
  const { store, sfn, sagemaker, stateMachineArn, prefix, session } = services;

  async function answer({ path }: Asked, given: Parameters<typeof answerApproval>[3]) {
    const subject = { execution: path.execution!, domain: path.domain! };
    const pending = await store.approvals.find(subject);
    if (pending === undefined) {
      throw new NotFoundError(
        `No promotion of "${subject.domain}" waits for approval in ${subject.execution}`,
      );
    }
    await answerApproval(sfn, store.approvals, pending, given);
    return { json: {} };
  }

  const action = (pattern: string, act: Route['answer']): Route => ({
    method: 'POST',
    pattern,
    changes: true,
    answer: act,
  });
  return [
    action('/api/promotions/:execution/:domain/approve', async (asked) => {
      const { comment } = await readJsonBody(asked.request, approveSchema);
      const said = comment === undefined ? {} : { comment };
      return answer(asked, { approved: true, by: session.person, ...said });
    }),
    action('/api/promotions/:execution/:domain/reject', async (asked) => {
      const { comment } = await readJsonBody(asked.request, rejectSchema);
      return answer(asked, { approved: false, by: session.person, comment });
    }),
    action('/api/promotions/:execution/stop', async ({ path, request }) => {
      const { reason } = await readJsonBody(request, stopSchema);
      const executionArn = executionArnOf(stateMachineArn, path.execution!);
      await sfn.send(
        new StopExecutionCommand({ executionArn, error: 'Stopped', cause: `${session.person}: ${reason}` }),
      );
      // No answer is wanted any more. Nothing waits for these jobs, which would cost money until their end.
      const domains = (await domainsOf(sfn, executionArn)) ?? [];
      for (const domain of domains.slice(0, STOPPED_DOMAINS)) {
        await store.approvals.remove({ execution: path.execution!, domain });
        for (const mode of ['transfer', 'baseline']) {
          await stopTrainingJob(sagemaker, trainingJobName(prefix, path.execution!, domain, mode));
        }
      }
      return { json: {} };
    }),
    action('/api/domains/:domain/rollback', async ({ path, request }) => {
      const { toVersion, reason } = await readJsonBody(request, rollbackSchema);
      const rollback = {
        domain: domainOf(path),
        by: session.person,
        ...(toVersion === undefined ? {} : { toVersion }),
        ...(reason === undefined ? {} : { reason }),
      };
      // As VerifyModel will: a wrong version is then an error here, not a failed execution with an alarm.
      await store.championHistory.findRollback(rollback);
      const { execution } = await startRollback(sfn, stateMachineArn, rollback, new Date(services.now()));
      return { json: { execution } };
    }),
    action('/api/domains/:domain/promote', async ({ path, request }) => {
      const { model, version, force, gateOnly } = await readJsonBody(request, promoteSchema);
      const { execution } = await startPromotion(sfn, stateMachineArn, {
        model,
        version,
        domains: [domainOf(path)],
        ...(force === undefined ? {} : { force: { by: session.person, reason: force.reason } }),
        ...(gateOnly === undefined ? {} : { gateOnly }),
      });
      return { json: { execution } };
    }),
  ];
}

const domainOf = ({ domain }: Asked['path']) => parse(nameSchema, domain, 'The domain');
