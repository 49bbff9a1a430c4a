/** Printed once, at the end: SageMaker does not document whether it keeps a metric's last or best value. */
export function testAccuracyLine(accuracy: number): string {
  return `graft:test_accuracy=${accuracy.toFixed(4)}`;
}
