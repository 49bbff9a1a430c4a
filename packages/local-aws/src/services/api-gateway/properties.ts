import * as z from 'zod';

const tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional();

export const restApiProperties = z.strictObject({
  Name: z.string(),
  Description: z.string().optional(),
  BinaryMediaTypes: z.array(z.string()).default([]),
  ApiKeySourceType: z.literal('HEADER').default('HEADER'),
  // Every endpoint type is the same local port, without CloudFront's headers. osls writes an empty policy
  // where there is none.
  EndpointConfiguration: z.strictObject({ Types: z.array(z.string()) }).optional(),
  Policy: z.literal('').optional(),
  Tags: tags,
});

export const resourceProperties = z.strictObject({
  RestApiId: z.string(),
  ParentId: z.string(),
  PathPart: z.string().regex(/^(\{[a-zA-Z0-9._-]+\+?\}|[a-zA-Z0-9._:-]+)$/),
});

const parameters = z.record(z.string(), z.union([z.string(), z.boolean()]));

const proxyIntegration = z.strictObject({
  Type: z.literal('AWS_PROXY'),
  IntegrationHttpMethod: z.literal('POST'),
  Uri: z.string().regex(/^arn:aws:apigateway:[^:]+:lambda:path\/2015-03-31\/functions\/.+\/invocations$/),
  Credentials: z.string().startsWith('arn:').optional(),
  TimeoutInMillis: z.number().int().min(50).max(29_000).default(29_000),
  PassthroughBehavior: z.string().optional(),
});

/** For CORS: answers without asking anyone. */
const mockIntegration = z.strictObject({
  Type: z.literal('MOCK'),
  RequestTemplates: z.record(z.string(), z.string()).optional(),
  PassthroughBehavior: z.string().optional(),
  ContentHandling: z.string().optional(),
  IntegrationResponses: z
    .array(
      z.strictObject({
        StatusCode: z.number().int(),
        ResponseParameters: z.record(z.string(), z.string()).default({}),
        ResponseTemplates: z.record(z.string(), z.string()).default({}),
        SelectionPattern: z.string().optional(),
      }),
    )
    .min(1),
});

export const methodProperties = z.strictObject({
  RestApiId: z.string(),
  ResourceId: z.string(),
  HttpMethod: z.enum(['ANY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']),
  ApiKeyRequired: z.boolean().default(false),
  // Other kinds of authorization are refused, not left out.
  AuthorizationType: z.enum(['NONE', 'AWS_IAM']).default('NONE'),
  Integration: z.discriminatedUnion('Type', [proxyIntegration, mockIntegration]),
  // Parameters that must be there need a validator, which is refused.
  RequestParameters: parameters.default({}),
  MethodResponses: z.array(z.unknown()).optional(),
  OperationName: z.string().optional(),
});

export type MethodProperties = z.output<typeof methodProperties>;

export const deploymentProperties = z.strictObject({
  RestApiId: z.string(),
  StageName: z.string().optional(),
  Description: z.string().optional(),
});

export const stageProperties = z.strictObject({
  RestApiId: z.string(),
  DeploymentId: z.string(),
  StageName: z.string(),
  Description: z.string().optional(),
  Variables: z.record(z.string(), z.string()).default({}),
  // Without effect: there is no X-Ray, and access logs go to the local AWS's own log.
  TracingEnabled: z.boolean().optional(),
  AccessLogSetting: z.strictObject({ DestinationArn: z.string(), Format: z.string() }).optional(),
  Tags: tags,
});

export const apiKeyProperties = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  Enabled: z.boolean().default(false),
  Value: z.string().min(20).max(128).optional(),
  // Nothing but the older form of a usage plan; a key without a plan opens nothing.
  StageKeys: z.array(z.strictObject({ RestApiId: z.string(), StageName: z.string() })).optional(),
  GenerateDistinctId: z.boolean().optional(),
  Tags: tags,
});

export const usagePlanProperties = z.strictObject({
  UsagePlanName: z.string().optional(),
  Description: z.string().optional(),
  ApiStages: z.array(z.strictObject({ ApiId: z.string(), Stage: z.string() })).default([]),
  Quota: z
    .strictObject({
      Limit: z.number().int().min(0),
      Period: z.enum(['DAY', 'WEEK', 'MONTH']),
      Offset: z.number().int().min(0).default(0),
    })
    .optional(),
  Throttle: z.strictObject({ BurstLimit: z.number().int().min(0), RateLimit: z.number().min(0) }).optional(),
  Tags: tags,
});

export type UsagePlanProperties = z.output<typeof usagePlanProperties>;

export const usagePlanKeyProperties = z.strictObject({
  KeyId: z.string(),
  KeyType: z.literal('API_KEY'),
  UsagePlanId: z.string(),
});

export const gatewayResponseProperties = z.strictObject({
  RestApiId: z.string(),
  ResponseType: z.string(),
  StatusCode: z.number().int().optional(),
  ResponseParameters: z.record(z.string(), z.string()).default({}),
  ResponseTemplates: z.record(z.string(), z.string()).default({}),
});
