/** An error for a person: what was tried, on what, what came back, and (in `hint`) what to do next. */
export class SreError extends Error {
  override readonly name = 'SreError';
  /** A stable name for tables and tests: `inventory-invalid`, `journal-unwritable`. */
  readonly code: string;
  readonly hint: string | undefined;
  /** Who can mend it: the operator's input, the machine and cluster around, or this program. */
  readonly source: 'operator' | 'environment' | 'bug';

  constructor(
    code: string,
    message: string,
    options: {
      readonly hint?: string;
      readonly cause?: unknown;
      readonly source?: 'operator' | 'environment' | 'bug';
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.source = options.source ?? 'environment';
  }
}
