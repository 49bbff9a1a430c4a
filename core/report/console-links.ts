/** Account of the local AWS, which has no console. */
const LOCAL_ACCOUNT = '000000000000';

const domains: Record<string, string> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** Pages of the AWS console. */
export interface ConsoleLinks {
  execution(arn: string): string;
  trainingJob(name: string): string;
  model(name: string): string;
  endpoint(name: string): string;
  endpointConfig(name: string): string;
  /** @param uri `s3://<bucket>/<key>` */
  object(uri: string): string;
}

/** Links into the console of the account and region of an execution; undefined where there is no console. */
export function consoleLinks(executionArn: string | undefined): ConsoleLinks | undefined {
  const [, partition = '', , region, account] = executionArn?.split(':') ?? [];
  const domain = domains[partition];
  if (domain === undefined || !region || account === LOCAL_ACCOUNT) return undefined;
  const page = (service: string, path: string) =>
    `https://${region}.${domain}/${service}/home?region=${region}#/${path}`;
  return {
    execution: (arn) => page('states', `v2/executions/details/${encodeURIComponent(arn)}`),
    trainingJob: (name) => page('sagemaker', `jobs/${name}`),
    model: (name) => page('sagemaker', `models/${name}`),
    endpoint: (name) => page('sagemaker', `endpoints/${name}`),
    endpointConfig: (name) => page('sagemaker', `endpointConfig/${name}`),
    object(uri) {
      const [bucket = '', ...key] = uri.slice('s3://'.length).split('/');
      return `https://${region}.${domain}/s3/object/${bucket}?region=${region}&prefix=${encodeURIComponent(key.join('/'))}`;
    },
  };
}
