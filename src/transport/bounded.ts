import { StringDecoder } from 'node:string_decoder';

/** How much of each stream is kept where nobody says otherwise: 1 MiB. */
export const KEPT_BYTES = 1024 * 1024;

/** How much of the end of a stream is kept beside its beginning: enough for the end line of an envelope. */
const TAIL_BYTES = 4096;

/**
 * Collects a stream without letting it fill memory: the beginning is kept, the rest is read and dropped, so that the
 * writer is never blocked. The last few kilobytes are kept apart, because an envelope ends there.
 */
export class Bounded {
  readonly #limit: number;
  readonly #head: Buffer[] = [];
  #kept = 0;
  #tail: Buffer = Buffer.alloc(0);
  #truncated = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  readonly add = (chunk: Buffer): void => {
    const room = this.#limit - this.#kept;
    if (room > 0) {
      const part = chunk.subarray(0, room);
      this.#head.push(part);
      this.#kept += part.length;
    }
    if (chunk.length > room) this.#truncated = true;
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
  };

  /** More came than is kept. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** The beginning of the stream; a character cut in half by the limit is left out. */
  text(): string {
    const bytes = Buffer.concat(this.#head);
    return this.#truncated ? new StringDecoder('utf8').write(bytes) : bytes.toString('utf8');
  }

  /** The last few kilobytes that came. */
  tail(): string {
    return this.#tail.toString('utf8');
  }
}
