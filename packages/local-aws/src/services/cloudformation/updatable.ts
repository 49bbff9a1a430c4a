import { ServiceError } from '../../service.ts';
import type { StackRecord, StackStatus } from './records.ts';

const UPDATABLE: readonly StackStatus[] = [
  'CREATE_COMPLETE',
  'CREATE_FAILED',
  'UPDATE_COMPLETE',
  'UPDATE_FAILED',
  'UPDATE_ROLLBACK_COMPLETE',
];

/** One whose creation was rolled back can only be deleted, and one that is changing has to be waited for. */
export function refuseUnlessUpdatable({ id, status }: StackRecord): void {
  if (UPDATABLE.includes(status)) return;
  throw new ServiceError('ValidationError', `Stack:${id} is in ${status} state and can not be updated.`);
}
