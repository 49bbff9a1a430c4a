import { ServiceError } from '../../service.ts';
import { checkArn } from './arns.ts';
import type { Machine, Machines } from './machines.ts';

/** @throws ServiceError `InvalidArn`, `StateMachineDoesNotExist` */
export function findMachine(machines: Machines, arn: string): Machine {
  checkArn(arn, 'stateMachine');
  const machine = machines.get(arn);
  if (machine !== undefined) return machine;
  throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}
