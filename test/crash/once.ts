import type { Event, EventOf } from '../../src/engine/events.ts';
import type { Mutation } from '../../src/lab/index.ts';
import type { Life } from './life.ts';

/** What must hold of a run that was stopped and taken up again, as sentences about what does not. */

/** Which commands may cause which mutation of the world. */
const CAUSED_BY: Readonly<Record<Mutation['what'], readonly string[]>> = {
  'delete-pod': ['kubectl.delete-pod', 'kubectl.force-delete-pod'],
  'force-delete-pod': ['kubectl.force-delete-pod'],
  'evict-pod': ['kubectl.evict-pod'],
  'patch-statefulset': ['kubectl.patch-fsgroup-change-policy'],
  cordon: ['kubectl.cordon'],
  uncordon: ['kubectl.uncordon'],
  'kill-task': ['node.kill-task'],
  'restart-kubelet': ['node.restart-unit'],
  'restart-containerd': ['node.restart-unit'],
  'stop-sandbox': ['node.stop-sandbox'],
  'remove-sandbox': ['node.remove-sandbox'],
  'detach-mount': ['node.detach-mount'],
  'remove-directory': ['node.remove-directory'],
  'reset-vm': ['pve.reset'],
  'resume-vm': ['pve.resume'],
  'stop-vm': ['pve.stop'],
  'start-vm': ['pve.start'],
};

type Sent = EventOf<'command.started'>;

const visit = (it: Event): string => ('step' in it ? `${it.depth}/${it.step}#${it.visit}` : '');

const sentIn = (events: readonly Event[]): readonly Sent[] =>
  events.filter((it) => it.type === 'command.started').filter((it) => it.does === 'mutates');

/** A command left twice, or without its yes and its intent; a mutation that no command of the journal stands for. */
export function notOnce({ events, mutations }: Life): readonly string[] {
  const sent = sentIn(events);
  const keys = sent.map((it) => `${visit(it)} ${it.key}`);
  const twice = keys.filter((key, i) => keys.indexOf(key) !== i).map((it) => `sent twice: ${it}`);
  const unasked = sent.flatMap((it) => {
    const before = events.slice(0, it.seq - 1).filter((e) => visit(e) === visit(it));
    const yes = before.some((e) => e.type === 'confirmation.answered' && e.answer === 'yes');
    const intent = before.some((e) => e.type === 'intent.written' && e.key === it.key);
    return yes && intent ? [] : [`sent without its yes or its intent: ${visit(it)} ${it.key}`];
  });
  return [...twice, ...unasked, ...unaccounted(sent, mutations)];
}

/** The world's own log against the journal: no mutation more than commands that could have caused it. */
function unaccounted(sent: readonly Sent[], mutations: readonly Mutation[]): readonly string[] {
  return [...Map.groupBy(mutations, ({ what }) => CAUSED_BY[what].join())].flatMap(
    ([causes, done]) => {
      const commands = sent.filter((it) => causes.split(',').includes(it.command)).length;
      return done.length <= commands
        ? []
        : [`the world has ${done.length} of ${causes}, the journal ${commands}`];
    },
  );
}

/** How a run ended, and what it left of the world, so that two of them can be compared. */
export const endOf = ({ finished, events, truth, wedging }: Life): unknown => ({
  result: finished.result,
  exitCode: finished.exitCode,
  end: events.findLast((it) => it.type === 'step.entered')?.title,
  dataLost: truth.dataLost,
  wrongSandbox: truth.wrongSandbox,
  bothDown: truth.bothDown,
  killed: truth.killed,
  // A run that took longer may see a wedge that the scenario had in store for later.
  poisonedNodes: truth.poisonedNodes.filter((it) => !wedging.includes(it)),
  cordoned: truth.cordoned,
  functional: truth.functional.length,
  leaderWorking: truth.leaderWorking,
});
