import type { World } from '../../service.ts';

/** What STS calls a session of a role. */
export function sessionOf(
  { accountId }: World,
  roleArn: string,
  sessionName: string,
): { arn: string; id: string } {
  const role = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  return {
    arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${sessionName}`,
    id: `AROA${role.toUpperCase().replace(/[^A-Z0-9]/g, '')}:${sessionName}`,
  };
}
