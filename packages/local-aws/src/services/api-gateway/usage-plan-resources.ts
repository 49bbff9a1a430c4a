import type { ResourceType } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { apiGatewayId } from './apis.ts';
import { apiKeyProperties, usagePlanKeyProperties, usagePlanProperties } from './properties.ts';
import type { UsagePlans } from './usage-plans.ts';

/** Who may call a stage: API keys, usage plans, and which key is of which plan. */
export function usagePlanResources(usagePlans: UsagePlans): Record<string, ResourceType> {
  return {
    'AWS::ApiGateway::ApiKey': {
      createOnly: ['Name', 'Value', 'GenerateDistinctId'],
      put(logicalId, given, stack) {
        const properties = parseProperties(apiKeyProperties, given, `AWS::ApiGateway::ApiKey "${logicalId}"`);
        const id = apiGatewayId(stack.name, logicalId);
        const name = properties.Name ?? stack.physicalName(logicalId);
        usagePlans.addKey({
          id,
          name,
          description: properties.Description,
          enabled: properties.Enabled,
          value: properties.Value,
        });
        return { ref: id, attributes: { APIKeyId: id } };
      },
      remove: ({ physicalId }) => usagePlans.removeKey(physicalId),
    },

    'AWS::ApiGateway::UsagePlan': {
      put(logicalId, given, stack) {
        const properties = parseProperties(
          usagePlanProperties,
          given,
          `AWS::ApiGateway::UsagePlan "${logicalId}"`,
        );
        const id = apiGatewayId(stack.name, logicalId);
        const name = properties.UsagePlanName ?? stack.physicalName(logicalId);
        const keyIds = usagePlans.plans.get(id)?.keyIds ?? usagePlans.attachedTo(id);
        usagePlans.plans.set(id, { id, name, properties, keyIds });
        return { ref: id, attributes: { Id: id } };
      },
      remove: ({ physicalId }) => void usagePlans.plans.delete(physicalId),
    },

    'AWS::ApiGateway::UsagePlanKey': {
      createOnly: ['KeyId', 'KeyType', 'UsagePlanId'],
      put(logicalId, given) {
        const properties = parseProperties(
          usagePlanKeyProperties,
          given,
          `AWS::ApiGateway::UsagePlanKey "${logicalId}"`,
        );
        usagePlans.plans.get(properties.UsagePlanId)?.keyIds.add(properties.KeyId);
        const id = `${properties.KeyId}:${properties.UsagePlanId}`;
        return { ref: id, attributes: { Id: id } };
      },
      remove: ({ properties: { UsagePlanId, KeyId } }) =>
        void usagePlans.plans.get(UsagePlanId)?.keyIds.delete(KeyId),
    },
  };
}
