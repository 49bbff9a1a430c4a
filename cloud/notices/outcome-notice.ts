import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Outcome, OutcomeName } from '#core/contracts/outcome.ts';
import { promotionPrefix } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

/**
 * What a person can do about each outcome. Nobody is told that a version is live already: nothing changed and nothing is to be done; nor
 * of EVALUATED: whoever asked for it looks at it.
 */
const advice: Partial<Record<OutcomeName, string>> = {
  DEPLOYED: 'Nothing to do: it is live.',
  REJECTED:
    'What was live is untouched. Where the gate said no: add training images, or review the policy in domain.json, and push the data again.',
  ROLLED_BACK:
    'The new model is not live. The reason says what took it back: golden images, whose answers in the training job and in the endpoint are to be compared, or SageMaker, with the alarm or the health check in its words.',
  FAILED: 'What was live is untouched. Remove the cause and start another execution for this domain.',
};

/** A model that came and is not live surprises the one who trained it, most of all where a clock was wrong. */
const supersededBy = (version: string) =>
  `What was live is untouched: ${version}, which is dated later. If that date is wrong (the clock of the machine that trained it was fast), force this model in the domain, or roll the domain back and promote it again: docs/promotion.md.`;

/** Tells the topic's subscribers how a promotion ended for one domain. Filter by the attributes `domain` and `outcome`. */
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
