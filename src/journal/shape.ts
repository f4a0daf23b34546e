import { z } from 'zod';
import type { EventType } from '../engine/events.ts';

/**
 * What an event must have so that the state of a run can be folded from it; what a runbook reads of parameters, facts and the
 * place is its own to judge. Fields beyond these may come at any time (DESIGN, Events: added
 * freely, never renamed), so they are let through as they are. A digest says only that a line is what was written; this says
 * that whoever wrote it meant an event.
 */

const text = z.string();
const when = z.iso.datetime();
const count = z.int().min(0);
const texts = z.array(text);
const anything = z.record(text, z.unknown());
const open = z.looseObject;

const at = { step: text.min(1), visit: z.int().min(1), depth: z.int().min(0).max(50) };
const does = z.enum(['reads', 'intrusive', 'mutates']);
const purpose = z.enum([
  'observe',
  'capture',
  'guard',
  'blast',
  'drift',
  'identity-before',
  'act',
  'identity-after',
  'verify',
]);
const command = { command: text, key: text, purpose, sample: count };
const target = open({ name: text, kind: text, proven: texts });
const followUp = open({ id: text.optional(), left: text, todo: text });
const breaks = {
  counts: z.array(open({ what: text, count, names: texts })),
  unknown: texts,
};
const verdict = { verdict: z.enum(['holds', 'fails', 'unknown']), because: text };
const card = open({
  title: text,
  risk: text,
  target,
  commands: z.array(open({ where: text, line: text })),
  breaks: open(breaks),
  guards: z.array(open({ name: text, ...verdict })),
  evidence: open({ because: text, seenAt: when, limitMs: z.number() }),
  proof: text,
  undo: text,
});
const ending = z.discriminatedUnion('how', [
  open({ how: z.literal('exited'), code: z.int() }),
  open({ how: z.literal('deadline') }),
  open({ how: z.literal('cancelled') }),
  open({ how: z.literal('lost'), because: text }),
  open({ how: z.literal('refused'), why: text, because: text }),
  open({ how: z.literal('withheld'), because: text }),
]);
const output = z.union([
  open({ stdout: text, stderr: text, truncated: z.boolean() }),
  open({ ref: text, sha256: text, bytes: count, truncated: z.boolean() }),
]);
const answers = z.record(text, text);
const question = z.discriminatedUnion('about', [
  open({ about: z.literal('choice'), question: text, options: answers }),
  open({
    about: z.literal('manual'),
    title: text,
    instructions: texts,
    commands: z.array(open({ where: text, line: text })).optional(),
  }),
  open({ about: z.literal('doubt'), title: text, because: text, options: answers }),
  open({
    about: z.literal('failure'),
    title: text,
    outcome: text,
    because: text,
    options: answers,
  }),
]);
const site = open({
  cluster: open({ name: text, context: text }),
  nodes: z.array(open({ name: text, address: text })),
});

const SHAPES: Readonly<Record<EventType, z.ZodType>> = {
  'run.started': open({
    runbook: text,
    version: z.int(),
    digest: text,
    mode: z.enum(['live', 'lab', 'plan']),
    cluster: text,
    inventory: text,
    site,
    operator: text,
    host: text,
    lab: open({ scenario: text, seed: z.number() }).optional(),
  }),
  'run.resumed': open({
    operator: text,
    host: text,
    despite: texts.optional(),
    site: site.optional(),
  }),
  'run.interrupted': open({ how: z.enum(['stop', 'detach']), because: text }),
  'run.finished': open({
    result: z.enum([
      'resolved',
      'not-this-incident',
      'escalate',
      'unsafe',
      'planned',
      'aborted',
      'in-doubt',
      'interrupted',
      'needs-approval',
      'not-as-planned',
      'locked',
      'failed',
    ]),
    because: text,
    left: texts,
    followUps: z.array(followUp),
    exitCode: z.int(),
  }),
  'lock.judged': open({
    lock: z.enum(['local', 'lease', 'host']),
    where: text,
    verdict: z.enum(['held', 'refused', 'unknown', 'lost', 'released']),
    because: text,
  }),
  'operator.noted': open({ note: text, by: text }),
  'step.entered': open({
    ...at,
    kind: z.enum(['probe', 'action', 'manual', 'choice', 'call', 'end']),
    title: text,
    called: open({ runbook: text }).optional(),
  }),
  'step.waiting': open({ ...at, because: text, sample: count, until: when }),
  'step.concluded': open({
    ...at,
    outcome: text,
    because: text,
    facts: anything,
    seenAt: when,
    to: text,
    left: texts.optional(),
    leaves: z.array(followUp).optional(),
  }),
  'command.started': open({
    ...at,
    ...command,
    about: text,
    where: text,
    argv: text,
    does,
    deadlineMs: z.number(),
    since: when.optional(),
  }),
  'command.finished': open({
    ...at,
    ...command,
    ending,
    durationMs: z.number(),
    output,
    since: when.optional(),
  }),
  'guard.judged': open({ ...at, guard: text, ...verdict }),
  'blast.measured': open({ ...at, ...breaks }),
  'drift.judged': open({
    ...at,
    gate: z.enum(['before', 'after']),
    seenAt: when,
    drift: z.enum(['same', 'changed', 'unknown']),
    because: text,
  }),
  'action.planned': open({ ...at, card }),
  'confirmation.asked': open({ ...at, card, expiresAt: when }),
  'confirmation.answered': open({
    ...at,
    answer: z.enum(['yes', 'no', 'expired', 'voided', 'skip', 'abort']),
    by: text,
    note: text.optional(),
    byHand: z.literal(true).optional(),
  }),
  'intent.written': open({
    ...at,
    ...command,
    argv: text,
    where: text,
    does,
    about: text,
    target: text,
    before: anything,
    since: when.optional(),
  }),
  'effect.judged': open({
    ...at,
    effect: z.enum(['confirmed', 'refuted', 'unknown']),
    because: text,
    before: anything,
    after: anything,
    leaves: z.array(followUp),
    settles: texts.optional(),
  }),
  'operator.asked': open({ ...at, question }),
  'operator.answered': open({ ...at, answer: text, by: text, note: text.optional() }),
};

const isKnown = (type: string): type is EventType => Object.hasOwn(SHAPES, type);

/** What is wrong with something that stands where an event should. */
export type Misshapen =
  /** Of a kind that this version does not know: a newer one wrote it. */
  | { readonly is: 'unknown-type'; readonly because: string }
  | { readonly is: 'not-an-event'; readonly because: string };

/** `undefined`: it is an event. */
export function misshapen(value: Readonly<Record<string, unknown>>): Misshapen | undefined {
  const { type, at: time } = value;
  if (typeof type !== 'string' || !when.safeParse(time).success) {
    return { is: 'not-an-event', because: 'it is not an event: it has no type, or no time' };
  }
  if (!isKnown(type)) {
    return { is: 'unknown-type', because: `it is an event '${type.slice(0, 60)}', of a newer sre` };
  }
  const parsed = SHAPES[type].safeParse(value);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  const path = issue === undefined ? '' : issue.path.map(String).join('.');
  return {
    is: 'not-an-event',
    because: `it is not an event '${type}': ${path === '' ? 'it' : path}: ${issue?.message ?? 'is wrong'}`,
  };
}
