/** Region and endpoint of the command line. Everything else comes from the SDK's standard chain. */
export interface AwsOptions {
  region?: string | undefined;
  endpointUrl?: string | undefined;
}

export function clientOptions({ region, endpointUrl }: AwsOptions) {
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
  };
}
