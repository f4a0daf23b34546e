import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event, Output } from '../engine/events.ts';
import { SreError } from '../runbook/sre-error.ts';
import { sha256 } from './digest.ts';
import { diskError } from './disk-error.ts';
import { writeNamedByContent } from './durable-file.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * Output above this many bytes is kept in a file of its own, so that the journal stays a file that people can read. Such a file
 * costs two more syncs than a line does, so it is for what is really large: a list of all pods, not each answer about one node.
 */
export const LARGE_BYTES = 64 * 1024;

/** First line of an output's file: how the two streams after it are told apart. */
const HEAD = /^stdout (\d+) bytes, stderr (\d+) bytes\n/;

type Whole = Extract<Output, { stdout: string }>;

/**
 * Makes the function that turns events into what is stored of them: a large output is written to a file first, durably, and
 * replaced by a reference to it. A look that is repeated often prints the same again: its file is written once.
 */
export function outputKeeper(folder: RunFolder): (event: Event) => Promise<Event> {
  const kept = new Set<string>();
  return async (event) => {
    if (event.type !== 'command.finished' || 'ref' in event.output) return event;
    const { stdout, stderr, truncated } = event.output;
    const [outBytes, errBytes] = [Buffer.byteLength(stdout), Buffer.byteLength(stderr)];
    const bytes = outBytes + errBytes;
    if (bytes <= LARGE_BYTES) return event;
    const content = `stdout ${outBytes} bytes, stderr ${errBytes} bytes\n${stdout}${stderr}`;
    const digest = sha256(content);
    if (!kept.has(digest)) await keep(join(folder.outputs, `${digest}.txt`), content);
    kept.add(digest);
    return {
      ...event,
      output: { ref: `outputs/${digest}.txt`, sha256: digest, bytes, truncated },
    };
  };
}

async function keep(path: string, content: string): Promise<void> {
  try {
    await writeNamedByContent(path, content);
  } catch (error) {
    throw diskError('keep an output in', path, error);
  }
}

const damaged = (path: string, because: string): SreError =>
  new SreError('journal-damaged', `the output kept in ${path} cannot be used: ${because}`, {
    hint: 'nothing was changed; put the file back from a backup, or read the journal by hand',
  });

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw diskError('read the output in', path, error);
  }
}

async function whole(output: Extract<Output, { ref: string }>, folder: RunFolder): Promise<Whole> {
  const path = join(folder.outputs, `${output.sha256}.txt`);
  if (!/^[0-9a-f]{64}$/.test(output.sha256) || output.ref !== `outputs/${output.sha256}.txt`) {
    throw damaged(path, `the journal refers to it as ${output.ref}`);
  }
  const content = await contentOf(path);
  if (sha256(content) !== output.sha256) throw damaged(path, 'its content was changed');
  const head = HEAD.exec(content.subarray(0, 80).toString('latin1'));
  if (head === null) throw damaged(path, 'it has no first line that tells the streams apart');
  const [line, outBytes] = head;
  const middle = line.length + Number(outBytes);
  return {
    stdout: content.subarray(line.length, middle).toString('utf8'),
    stderr: content.subarray(middle).toString('utf8'),
    truncated: output.truncated,
  };
}

/** An event as it was appended: a reference to an output is replaced by the output, after its digest was checked. */
export async function withLargeOutput(event: Event, folder: RunFolder): Promise<Event> {
  return event.type === 'command.finished' && 'ref' in event.output
    ? { ...event, output: await whole(event.output, folder) }
    : event;
}
