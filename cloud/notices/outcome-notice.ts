import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Outcome, OutcomeName } from '#core/contracts/outcome.ts';
import { promotionPrefix } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

/**
 * What a person can do after each outcome. There is no notice of EVALUATED, since the person who asked for it
 * reads the result, and none where this version is already live, since nothing has changed.
 */
const advice: Partial<Record<OutcomeName, string>> = {
  DEPLOYED: 'Nothing to do: it is live.',
  REJECTED:
    'The live model has not changed. If the gate rejected the new one: add training images, or review the gate policy in domain.json, and push the data again.',
  ROLLED_BACK:
    'The new model is not live. The reason says what rolled it back: either the golden images, for which the endpoint and the training job must give the same answers, or SageMaker, which names the alarm or the health check.',
  FAILED: 'The live model has not changed. Remove the cause, and start another execution for this domain.',
};

/**
 * Explains why a pushed model is not live, above all where the clock of the machine that trained one was
 * wrong.
 */
const supersededBy = (version: string) =>
  `The live model has not changed: it is ${version}, whose date is later. If that date is wrong (the clock of the machine that trained it was fast), force this model in the domain, or roll the domain back and promote this model again: docs/promotion.md.`;

/**
 * Tells the topic's subscribers how a promotion ended for one domain. They can filter by the attributes
 * `domain` and `outcome`.
 */
export async function publishNotice(
  sns: SNSClient,
  { topicArn, artifacts }: { topicArn: string; artifacts: Bucket },
  outcome: Outcome,
): Promise<void> {
  const toDo =
    outcome.supersededBy === undefined ? advice[outcome.outcome] : supersededBy(outcome.supersededBy);
  if (toDo === undefined) return;
  await sns.send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: subject(outcome),
      Message: [
        `${outcome.domain}: ${outcome.outcome}`,
        '',
        outcome.reason,
        '',
        toDo,
        '',
        ...(outcome.warnings?.length
          ? ['About the data:', ...outcome.warnings.map((warning) => `- ${warning}`), '']
          : []),
        `General model: ${outcome.model} ${outcome.version}`,
        `Execution: ${outcome.execution}`,
        `Details: ${artifacts.uri(promotionPrefix(outcome.execution, outcome.domain))}`,
      ].join('\n'),
      MessageAttributes: {
        domain: { DataType: 'String', StringValue: outcome.domain },
        outcome: { DataType: 'String', StringValue: outcome.outcome },
      },
    }),
  );
}

/** SNS takes at most 100 characters of printable ASCII. */
function subject({ domain, outcome, model, version }: Outcome): string {
  return `Graft: ${domain} ${outcome} (${model} ${version})`.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
