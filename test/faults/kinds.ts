/** Every kind of fault, with what it does. Each is counted when it has struck, not when it was planned. */
export const faultKinds = {
  'event-duplicated': 'an event of SageMaker or S3 is delivered again, at once or minutes later',
  'event-lost': 'an event of SageMaker is never delivered',
  'event-out-of-order': 'an event of SageMaker is delivered after one that came later',
  'lambda-killed-before-call': 'a function ends just before its n-th request to AWS',
  'lambda-killed-after-call': 'a function ends when its n-th request has taken effect',
  'lambda-killed-at-end': 'a function has done everything, and ends before it has answered',
  'lambda-refused': 'Lambda throttles the invocation, or fails with a 500',
  'response-lost': 'a request to AWS takes effect, and its response never arrives',
  throttled: 'an AWS service throttles requests, up to beyond what the SDK repeats by itself',
  'server-error': 'an AWS service answers 500, up to beyond what the SDK repeats by itself',
  outage: 'an AWS service fails every request for up to half an hour',
  'training-failed': 'a training job ends with an exit code',
  'training-stopped': 'a person stops a training job',
  'training-over-time': 'a training job runs longer than it may',
  'endpoint-create-failed': 'the container of a new endpoint does not become healthy',
  'update-rolled-back': 'the container of an update does not become healthy, and SageMaker quietly goes back',
  'alarm-during-canary': 'the canary answers 5xx, and its alarm rings',
  'invocations-fail': 'a container answers /ping and fails every invocation',
  'golden-mismatch': 'an endpoint gives other answers than its training job',
  'gate-refuses': 'a model that is no better than its baseline',
  'two-models': 'another model is dropped within a second',
  'manual-during-automatic': 'a person starts an execution while an automatic one runs',
  'execution-stopped': 'a person stops the execution',
  'process-killed': 'the local process is killed with SIGKILL at any moment, and started again',
} as const;
export type FaultKind = keyof typeof faultKinds;
export const kindNames = Object.keys(faultKinds) as FaultKind[];
