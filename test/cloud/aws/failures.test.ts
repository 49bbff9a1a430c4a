import { describe, expect, it } from 'vitest';
import { isExisting, isMissing } from '#cloud/aws/failures.ts';
import { serviceError } from '../recording-client.ts';

describe('something that does not exist', () => {
  it.each([
    ['ResourceNotFound', 'Requested resource not found.'],
    ['ResourceNotFoundException', 'The specified log group does not exist.'],
    ['ExecutionDoesNotExist', 'Execution Does Not Exist'],
    ['NoSuchBucket', 'The specified bucket does not exist'],
    ['ValidationException', 'Could not find endpoint "arn:aws:sagemaker:…".'],
    ['ValidationException', 'Requested resource not found.'],
    ['ValidationException', 'ModelPackageGroup arn:aws:sagemaker:… does not exist.'],
    ['ValidationError', 'Stack with id graft-dev does not exist'],
    ['ValidationError', 'Endpoint graft-dev-produce of account 1 not found.'],
  ])('is told by %s: %s', (name, message) => {
    expect(isMissing(serviceError(name, message))).toBe(true);
  });

  it.each([
    ['ValidationException', 'Cannot create already existing endpoint "arn:aws:sagemaker:…".'],
    ['ValidationException', 'Cannot update in-progress endpoint "arn:aws:sagemaker:…".'],
    ['AccessDeniedException', 'not found'],
    ['InternalFailure', 'Could not find a host'],
  ])('is not told by %s: %s', (name, message) => {
    expect(isMissing(serviceError(name, message))).toBe(false);
  });
});

it.each([
  ['Cannot create already existing endpoint "arn:aws:sagemaker:…".', true],
  ['Model Package Group already exists: arn:aws:sagemaker:…', true],
  ['Could not find endpoint "arn:aws:sagemaker:…".', false],
])('something of this name exists: %s (%s)', (message, exists) => {
  expect(isExisting(serviceError('ValidationException', message))).toBe(exists);
});
