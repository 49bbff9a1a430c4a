/** One thing wrong with a definition. */
export interface Diagnostic {
  code: 'INVALID_JSON_DESCRIPTION' | 'MISSING_TRANSITION_TARGET' | 'SCHEMA_VALIDATION_FAILED';
  message: string;
  /** JSON pointer, for instance `/States/VerifyModel/Retry[0]`. */
  location: string;
}

/** As Step Functions lists them in `InvalidDefinition`. */
export function describeDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(({ code, message, location }) => `${code}: ${message} at ${location}`).join(', ');
}
