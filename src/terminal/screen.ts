/** A screen that redraws, and must stand still while somebody is asked. */
export interface Screen {
  /** Settles when everything seen so far is written and nothing is redrawn any more. */
  readonly pause: () => Promise<void>;
  readonly resume: () => void;
}

/** The part of a terminal's output that is used here; `process.stderr` is one. */
export type TerminalOutput = NodeJS.WriteStream;
