/** What osls has no setting for; a plugin of it, after the one that makes the functions' roles. */
export default class Osls {
  constructor(serverless) {
    const { service } = serverless;
    this.hooks = {
      initialize: () => {
        applySettings(service);
        letIn(service);
      },
      'before:package:finalize': () => {
        const { Resources } = service.provider.compiledCloudFormationTemplate;
        // Every function has a role of its own. The shared role that osls makes is not used.
        delete Resources.IamRoleLambdaExecution;
        for (const resource of Object.values(Resources)) {
          if (resource.Type === 'AWS::Lambda::Function') completeFunction(resource.Properties, Resources);
          // The functions know the first key, and the stage waits for the functions: so the key waits for
          // nothing. What it opens, its usage plan says.
          if (resource.Type === 'AWS::ApiGateway::ApiKey') {
            delete resource.DependsOn;
            delete resource.Properties.StageKeys;
          }
        }
        answerAsLetIn(service.custom.settings, Resources);
      },
    };
  }
}

/** Settings that decide whether something is there at all, which a variable in serverless.yml cannot. */
function applySettings({ provider, custom: { settings } }) {
  provider.stackTags = { ...provider.stackTags, ...readTags(settings.tags) };
  if (settings.apiAccessLogs !== 'true') return;
  provider.logs = {
    restApi: {
      accessLogging: true,
      // One line a request, without its content.
      executionLogging: false,
      fullExecutionData: false,
      format: JSON.stringify({
        requestId: '$context.requestId',
        time: '$context.requestTime',
        sourceIp: '$context.identity.sourceIp',
        apiKeyId: '$context.identity.apiKeyId',
        method: '$context.httpMethod',
        path: '$context.path',
        status: '$context.status',
        error: '$context.error.responseType',
        responseBytes: '$context.responseLength',
        milliseconds: '$context.responseLatency',
      }),
      // The role with which API Gateway writes is the account's, for all of its APIs (docs/deploy.md,
      // "Settings").
      roleManagedExternally: true,
    },
  };
}

/** Decides how the API lets callers in (`key` or `iam`), and whose web pages it answers. */
function letIn({ functions, custom: { settings } }) {
  const { apiAccess, apiOrigin } = settings;
  if (!['key', 'iam'].includes(apiAccess)) {
    throw new Error(`GRAFT_API_ACCESS is "${apiAccess}": expected "key" or "iam"`);
  }
  for (const { http } of Object.values(functions).flatMap(({ events = [] }) => events)) {
    if (http === undefined) continue;
    if (http.private && apiAccess === 'iam') {
      delete http.private;
      http.authorizer = { type: 'aws_iam' };
    }
    if (apiOrigin === '') continue;
    const headers = ['authorization', 'content-type', 'idempotency-key', 'if-none-match'];
    headers.push('x-amz-date', 'x-amz-security-token', 'x-api-key', 'x-request-id');
    http.cors = { origin: apiOrigin, headers, maxAge: 3600 };
  }
}

/** What API Gateway itself answers depends on how it lets callers in. */
function answerAsLetIn({ apiAccess, apiOrigin }, resources) {
  if (apiAccess === 'iam') {
    // It does not tell a path that there is not from a request without a signature.
    const { Properties } = resources.ApiErrorUnknownRoute;
    Properties.StatusCode = '403';
    const template = Properties.ResponseTemplates['application/json'];
    Properties.ResponseTemplates['application/json'] = template
      .replace('"Not found","status":404', '"Forbidden","status":403')
      .replace(
        'There is no such path, or it has no such method:',
        'The request is not signed, or there is no such path:',
      );
  }
  if (apiOrigin === '') return;
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== 'AWS::ApiGateway::GatewayResponse') continue;
    Properties.ResponseParameters = {
      ...Properties.ResponseParameters,
      'gatewayresponse.header.Access-Control-Allow-Origin': `'${apiOrigin}'`,
    };
  }
}

/** `team=vision,cost-center=42` as an object. */
function readTags(text) {
  const pairs = text === '' ? [] : text.split(',').map((pair) => pair.split('='));
  return Object.fromEntries(pairs.map(([key, ...value]) => [key.trim(), value.join('=').trim()]));
}

const inVpc = (value) => ({ 'Fn::If': ['HasVpc', value, { Ref: 'AWS::NoValue' }] });

/** EC2 knows no resources to narrow most of these to. */
const useVpc = {
  Effect: 'Allow',
  Action: [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ],
  Resource: '*',
};

function completeFunction(properties, resources) {
  properties.VpcConfig = inVpc({
    SubnetIds: { Ref: 'SubnetIds' },
    SecurityGroupIds: { Ref: 'SecurityGroupIds' },
  });
  const role = resources[properties.Role['Fn::GetAtt'][0]]?.Properties;
  if (role === undefined) {
    throw new Error(
      `serverless.yml: ${properties.Handler} has no role of its own: give it iamRoleStatements, [] for none.`,
    );
  }
  // Lambda acts as the role for this account only. It does not say for which function, so there is no
  // aws:SourceArn.
  for (const statement of role.AssumeRolePolicyDocument.Statement) {
    statement.Condition = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
  }
  const { Statement } = role.Policies[0].PolicyDocument;
  // The stack makes the log groups. A function that still writes while its stack is being deleted would make
  // its own again, and the next deployment would find the name taken.
  for (const statement of Statement) {
    statement.Action = [statement.Action].flat().filter((action) => action !== 'logs:CreateLogGroup');
  }
  Statement.push(inVpc(useVpc));
}
