/** What a role has to be allowed for an operation. */
export interface Permission {
  /** For instance `s3:GetObject`. */
  action: string;
  /**
   * ARN, or `*` for an action without a resource; undefined where the input does not tell: only the action
   * counts.
   */
  resource: string | undefined;
  /** Values of condition keys (lower case) beyond those that every request has. */
  context?: Record<string, string>;
  /** What the service that is handed a role acts for (`aws:SourceArn` in the role's trust policy). */
  sourceArn?: string;
  /** The operation runs without this permission, but an error with one of these codes becomes a denial. */
  hides?: readonly string[];
}

/** The account and region that ARNs are made of. */
export interface Place {
  readonly region: string;
  readonly accountId: string;
}

/** The actions and resources that an operation needs, as the service authorization reference has them. */
// biome-ignore lint/suspicious/noExplicitAny: the input's shape depends on the operation
export type Permissions = (operation: string, input: any, place: Place) => Permission[];

/** For instance `arn:aws:sqs:eu-central-1:000000000000:queue`. */
export function arnOf(service: string, { region, accountId }: Place, resource: string): string {
  return `arn:aws:${service}:${region}:${accountId}:${resource}`;
}
