import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Permissions } from './operation-permissions.ts';
import type { ModelConstraints } from './wire/constraints.ts';

/** Time, so that tests can advance it. `now` in milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Calls back once after `milliseconds`; the returned function cancels. */
  after(milliseconds: number, callback: () => void): () => void;
}

/**
 * An EventBridge event as a service publishes it on the default bus; the bus adds id, time, account and
 * region.
 */
export interface BusEvent {
  source: string;
  'detail-type': string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** What a service gets from its host: clock, log, folder, event bus, and the other services. */
export interface World {
  readonly region: string;
  readonly accountId: string;
  /** Base URL of the one port, for instance `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** This service's own folder below the state folder; it exists. */
  folder(service: string): string;
  /**
   * Puts an event on the default bus. Delivery is asynchronous and at least once; it never throws to the
   * publisher.
   */
  publish(event: BusEvent): void;
  /**
   * Calls another service's public API in this process, with the same validation as over HTTP.
   *
   * @param service signing name
   * @param caller with `roleArn`, the role's policies are evaluated as over HTTP (an EventBridge rule's
   *   target role, a state machine's role); without it the account itself calls
   */
  call(service: string, operation: string, input: unknown, caller?: Caller): Promise<unknown>;
  /**
   * Provider of a CloudFormation type, for instance `AWS::S3::Bucket`; undefined when no service provides it.
   */
  resourceType(name: string): ResourceType | undefined;
}

/** On whose behalf a call within the process is made. */
export interface Caller {
  readonly roleArn?: string;
}

/** The caller and the HTTP request. */
export interface RequestContext {
  readonly requestId: string;
  readonly method: string;
  /** Path as sent, percent-encoding kept. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Record<string, string | undefined>;
  /** The undecoded body, for operations with a streaming payload; undefined for calls within the process. */
  readonly body?: Readable;
  /**
   * The body as it was sent, for all other operations (content checksums); undefined for calls within the
   * process.
   */
  readonly rawBody?: Uint8Array;
  /**
   * Aborts when the client goes away before it is answered (long polling); undefined for calls within the
   * process.
   */
  readonly signal?: AbortSignal;
  /** ARN of the role whose credentials signed the request, when they were issued by this local AWS. */
  readonly roleArn?: string;
}

/**
 * Input and output have the shapes of the SDK client's commands (`StartExecutionInput` →
 * `StartExecutionOutput`).
 */
// biome-ignore lint/suspicious/noExplicitAny: each service narrows with the SDK's own types
export type Operation = (input: any, context: RequestContext) => Promise<unknown> | unknown;

/** Values of `Ref` and `Fn::GetAtt` of a resource that was made. */
export interface Provisioned {
  ref: string;
  attributes?: Record<string, string>;
}

/** The stack of a resource, and what the stack knows of it. */
export interface StackContext {
  readonly name: string;
  readonly id: string;
  /**
   * True when the stack makes the resource now: a resource with its name is not the stack's own
   * (`refuseTaken`).
   */
  readonly isNew: boolean;
  /** Value of `Ref` in an earlier run, if there was one. */
  readonly physicalId?: string;
  /**
   * Folder of the template file and of the functions' archives; undefined for a stack that came through the
   * API.
   */
  readonly folder?: string;
  /**
   * Generated name of a resource without a name in the template: `<stack>-<logical id>-<suffix>`, the same
   * after every restart.
   *
   * @param limit greatest length; the readable part is cut
   */
  physicalName(logicalId: string, limit?: number): string;
}

/** A resource as a stack remembers it. */
export interface ExistingResource {
  readonly logicalId: string;
  /** What `Ref` gives. */
  readonly physicalId: string;
  /** Resolved properties of its last creation or change. */
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties; each type parses its own strictly
  readonly properties: Record<string, any>;
}

/** One CloudFormation resource type. */
export interface ResourceType {
  /** Properties whose change makes CloudFormation replace the resource. */
  readonly createOnly?: readonly string[];
  /** Creates the resource, finds it again after a restart, or changes it to these resolved properties. */
  put(
    logicalId: string,
    // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties; each type parses its own
    properties: Record<string, any>,
    stack: StackContext,
  ): Promise<Provisioned> | Provisioned;
  /**
   * Removes the resource. A missing resource is no error; one that must not be removed (a bucket with
   * objects) is.
   */
  remove(resource: ExistingResource): Promise<void> | void;
}

/**
 * Answers a request outside the AWS APIs, on the same port (API Gateway's data plane, health).
 *
 * @param url the request's URL; its path is percent-encoded as sent
 */
export type RouteHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
) => Promise<void> | void;

/** A parsed request, for `Service.guard`. */
export interface GuardedRequest {
  readonly service: Service;
  readonly operation: string;
  /** The parsed, valid input. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape depends on the operation
  readonly input: any;
  readonly roleArn: string;
}

/** A browser's form (`multipart/form-data`) that is no operation of a client. */
export interface FormRequest {
  /** As sent, or with the host's bucket before it. */
  readonly path: string;
  /** With its boundary. */
  readonly contentType: string;
  readonly body: AsyncIterable<unknown>;
}

export interface FormAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type Protocol = 'json-1.0' | 'json-1.1' | 'rest-json' | 'rest-xml' | 'query';

/** How a service is recognised and spoken to. */
export interface ServiceFacts {
  /** Name in the credential scope of a signature: `s3`, `states`, `sagemaker`, `lambda`, `events`, … */
  readonly signingName: string;
  readonly protocol: Protocol;
  /** The SDK client's module: its exported schemas (`GetObject$` …) (de)serialise requests and responses. */
  readonly schemas: Record<string, unknown>;
  /** Lengths, ranges, patterns and enums of the inputs. A service without them checks its inputs itself. */
  readonly constraints?: ModelConstraints;
  /** First part of an AWS JSON request's `X-Amz-Target`, for instance `AWSStepFunctions`. */
  readonly targetPrefix?: string;
  /** `Version` of a query form, for instance `2011-06-15`. */
  readonly queryVersion?: string;
  /** Paths that belong to the service where a request is not signed. */
  readonly paths?: readonly RegExp[];
  /** The path that a host name stands for, for instance `/photos` of `photos.localhost`. */
  pathOfHost?(host: string | undefined): string | undefined;
  /** Requests that name no service are for this one (S3, as its paths begin with any bucket's name). */
  readonly isDefault?: boolean;
  /** The SDK's schemas leave it out. Clients ignore it; other readers of the XML may not. */
  readonly xmlNamespace?: string;
  /** Code of an error about a missing member or a wrong value, where it is not the protocol's usual one. */
  readonly validationCode?: string;
  /** Code of an error about a missing permission, where it is not the protocol's usual one. */
  readonly denialCode?: string;
  /** Headers that every response has. */
  responseHeaders?(requestId: string): Record<string, string>;
  /** What an operation needs a role to be allowed. Without it the service refuses every role. */
  readonly permissions?: Permissions;
}

/** One AWS service. */
export interface Service extends ServiceFacts {
  /** By name. Other operations are refused with `UnknownOperationException`. */
  readonly operations: Record<string, Operation>;
  /** CloudFormation resource types that this service provides, for instance `AWS::S3::Bucket`. */
  readonly resources?: Record<string, ResourceType>;
  /**
   * Paths outside the AWS APIs by their prefix, which starts with `/_aws/` or `/_local/` and ends with a
   * slash.
   */
  readonly routes?: Record<string, RouteHandler>;
  /** Takes forms that browsers post to the service's paths (S3). */
  postForm?(request: FormRequest): Promise<FormAnswer>;
  /** Implemented by the default event bus: receives every event of `World.publish`, after `start`. */
  onBusEvent?(event: BusEvent): Promise<void> | void;
  /**
   * IAM implements this: called before every operation that a role asks for; throws to refuse. What it
   * returns rewrites the operation's error (S3 hides missing objects from a role that may not list).
   */
  guard?(request: GuardedRequest): ((error: unknown) => unknown) | undefined;
  /** Called once after the whole template is provisioned and the port is open. */
  start?(): Promise<void> | void;
  /** Ends timers and child processes. */
  stop?(): Promise<void> | void;
}

export type ServiceFactory = (world: World) => Service;

/**
 * An error that the client sees, in its protocol's form.
 *
 * @param code as in the service's model, for instance `ExecutionAlreadyExists`
 * @param statusCode where it is the default, the error's own status in the service's model takes its place
 * @param members further members of the error's shape
 */
export class ServiceError extends Error {
  readonly code: string;
  readonly statusCode: number;
  readonly members: Record<string, unknown>;

  constructor(code: string, message: string, statusCode = 400, members: Record<string, unknown> = {}) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.statusCode = statusCode;
    this.members = members;
  }
}
