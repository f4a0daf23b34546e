import { hang, toText } from '../terminal/layout.ts';
import { sanitise } from '../terminal/sanitise.ts';

/** A word to the person beside the run, wrapped as wide as their terminal. */
export function tell(note: string): void {
  const lines = hang(
    [{ text: 'sre: ' }],
    [{ text: sanitise(note) }],
    process.stderr.columns ?? 100,
  );
  process.stderr.write(lines.map((line) => `${toText(line)}\n`).join(''));
}
