import type { Card, Event, Happening, Question } from '../../src/engine/events.ts';
import { calledHappenings } from './called.ts';

/** Runs as hand-made streams of events: what renderers are given, without an engine. */

const RUN = '01K9XH3V6T5QZ8M2N4P7R0S1WB';

/** Stamps happenings, each `afterMs` later than the one before. */
export function stream(
  happenings: readonly (readonly [afterMs: number, happening: Happening])[],
): readonly Event[] {
  let at = Date.UTC(2026, 4, 8, 11, 3, 0);
  return happenings.map(([afterMs, happening], i) => {
    at += afterMs;
    return { ...happening, run: RUN, seq: i + 1, at: new Date(at).toISOString() };
  });
}

const site = { nodes: [], hosts: [], unreachable: [] } as never;

export const started: Happening = {
  type: 'run.started',
  runbook: 'vault-raft-deadlock',
  version: 3,
  digest: 'sha256:aa',
  params: { namespace: 'vault' },
  mode: 'live',
  cluster: 'homelab',
  inventory: 'sha256:bb',
  site,
  operator: 'mike',
  host: 'bastion',
};

const confirm = { step: 'confirm', visit: 1, depth: 0 };
const quorum = { step: 'quorum', visit: 1, depth: 0 };
const remove = { step: 'remove', visit: 1, depth: 0 };

export const card: Card = {
  title: 'Delete pod vault-2, gracefully',
  risk: 'disruptive',
  target: {
    name: 'vault-2',
    kind: 'pod',
    proven: ['uid 6f0c7d1e-2b1a-4c53-9a77-5b0b7c9d40e1', 'on k8s-node2'],
  },
  commands: [
    {
      where: 'here',
      line: 'kubectl --context homelab --request-timeout 10s delete --raw /api/v1/namespaces/vault/pods/vault-2 -f -',
      stdin:
        '{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":30,"preconditions":{"uid":"6f0c7d1e-2b1a-4c53-9a77-5b0b7c9d40e1"}}',
    },
  ],
  breaks: {
    counts: [
      { what: 'raft voter until it is back', count: 1, names: ['vault-2'] },
      { what: 'other pod', count: 0, names: [] },
    ],
    unknown: [],
  },
  guards: [
    { name: 'quorum', verdict: 'holds', because: '2 of 3' },
    { name: 'unseal path', verdict: 'holds', because: '' },
    { name: 'no node in maintenance', verdict: 'holds', because: '' },
    { name: 'one node at a time', verdict: 'holds', because: 'nobody holds the lock' },
  ],
  evidence: {
    because: 'vault-2 still accepts TCP and sends nothing; the index stands at 48211',
    seenAt: '2026-05-08T11:04:03.300Z',
    limitMs: 60_000,
  },
  proof: 'new uid, a pod answers 200, a canary write is acknowledged, within 90 s',
  undo: 'none',
  skippable: true,
};

const read = (at: typeof confirm, key: string, about: string, afterMs: number, sample = 0) => {
  const place = { ...at, command: 'vault.health', key, purpose: 'observe', sample } as const;
  return [
    [
      0,
      {
        type: 'command.started',
        ...place,
        about,
        where: 'here',
        argv: `kubectl get --raw ${key}`,
        does: 'reads',
        deadlineMs: 5000,
      },
    ],
    [
      afterMs,
      {
        type: 'command.finished',
        ...place,
        ending: afterMs >= 5000 ? { how: 'deadline' } : { how: 'exited', code: 0 },
        durationMs: afterMs,
        output: { stdout: '{}', stderr: '', truncated: false },
      },
    ],
  ] as const satisfies readonly (readonly [number, Happening])[];
};

const looking: readonly (readonly [number, Happening])[] = [
  [0, started],
  [
    0,
    {
      type: 'step.entered',
      ...confirm,
      kind: 'probe',
      title: 'Is the leader stuck, slow, or gone?',
    },
  ],
  ...read(confirm, 'health.vault-0', 'read the health of vault-0', 120),
  ...read(confirm, 'health.vault-2', 'read the health of vault-2', 5000),
  [
    20,
    {
      type: 'intent.written',
      ...confirm,
      command: 'vault.canary',
      key: 'canary',
      argv: 'kubectl -n vault exec vault-0 -- vault kv put secret/sre-canary run=01K9XH3V',
      where: 'here',
      does: 'intrusive',
      purpose: 'observe',
      sample: 0,
      about: 'write a canary to secret/sre-canary',
      target: 'secret/sre-canary',
      before: {},
    },
  ],
  [
    0,
    {
      type: 'command.started',
      ...confirm,
      command: 'vault.canary',
      key: 'canary',
      purpose: 'observe',
      sample: 0,
      about: 'write a canary to secret/sre-canary',
      where: 'here',
      argv: 'kubectl -n vault exec vault-0 -- vault kv put secret/sre-canary run=01K9XH3V',
      does: 'intrusive',
      deadlineMs: 10_000,
    },
  ],
  [
    10_000,
    {
      type: 'command.finished',
      ...confirm,
      command: 'vault.canary',
      key: 'canary',
      purpose: 'observe',
      sample: 0,
      ending: { how: 'deadline' },
      durationMs: 10_000,
      output: { stdout: '', stderr: '', truncated: false },
    },
  ],
  [
    0,
    {
      type: 'step.waiting',
      ...confirm,
      because: '1 of 4 samples; no answer so far',
      sample: 0,
      until: '2026-05-08T11:03:35.000Z',
    },
  ],
  [
    45_260,
    {
      type: 'step.concluded',
      ...confirm,
      outcome: 'stuck',
      because:
        'vault-2 opened TCP and sent no byte in 5 s, 4 of 4 samples; vault-0 and vault-1 log i/o timeouts to it (11 and 9 in 60 s); a canary write was not acknowledged; seen from k8s-node1, from both standbys and by the canary; no election in 60 s',
      facts: {},
      seenAt: '2026-05-08T11:03:55.000Z',
      to: 'quorum',
    },
  ],
  [
    0,
    {
      type: 'step.entered',
      ...quorum,
      kind: 'probe',
      title: 'Can the others keep quorum without it?',
    },
  ],
  [
    400,
    {
      type: 'step.concluded',
      ...quorum,
      outcome: 'yes',
      because: 'functional voters without vault-2: vault-0, vault-1 = 2 of 3, needed 2',
      facts: {},
      seenAt: '2026-05-08T11:04:00.000Z',
      to: 'remove',
    },
  ],
];

const asking: readonly (readonly [number, Happening])[] = [
  [0, { type: 'step.entered', ...remove, kind: 'action', title: card.title }],
  ...card.guards.map(
    ({ name, verdict, because }) =>
      [0, { type: 'guard.judged', ...remove, guard: name, verdict, because }] as const,
  ),
  [0, { type: 'blast.measured', ...remove, ...card.breaks }],
  [
    500,
    {
      type: 'drift.judged',
      ...remove,
      gate: 'before',
      drift: 'same',
      because: card.evidence.because,
      seenAt: card.evidence.seenAt,
    },
  ],
  [
    10_000,
    {
      type: 'confirmation.asked',
      ...remove,
      card,
      expiresAt: '2026-05-08T11:05:03.300Z',
    },
  ],
];

const act = {
  ...remove,
  command: 'kubectl.delete',
  key: 'commands[0]',
  purpose: 'act',
  sample: 0,
} as const;

const issuing: readonly (readonly [number, Happening])[] = [
  [7000, { type: 'confirmation.answered', ...remove, answer: 'yes', by: 'mike' }],
  [
    300,
    {
      type: 'intent.written',
      ...act,
      argv: card.commands[0]?.line ?? '',
      where: 'here',
      does: 'mutates',
      about: 'delete pod vault-2 with a grace of 30 s',
      target: 'vault-2',
      before: { uid: '6f0c7d1e' },
    },
  ],
  [
    0,
    {
      type: 'command.started',
      ...act,
      about: 'delete pod vault-2 with a grace of 30 s',
      where: 'here',
      argv: card.commands[0]?.line ?? '',
      does: 'mutates',
      deadlineMs: 15_000,
    },
  ],
  [
    800,
    {
      type: 'command.finished',
      ...act,
      ending: { how: 'exited', code: 0 },
      durationMs: 800,
      output: { stdout: '{}', stderr: '', truncated: false },
    },
  ],
];

const followUps = [
  {
    left: 'the pod log of the stuck process is in the run folder',
    todo: 'attach it to the upstream issue',
  },
];

/** From the first look to a leader that is back. */
export const resolved = stream([
  ...looking,
  ...asking,
  ...issuing,
  [
    41_000,
    {
      type: 'effect.judged',
      ...remove,
      effect: 'confirmed',
      because: 'uid 91ab… is new, the pod answers 200, a canary write was acknowledged',
      before: {},
      after: {},
      leaves: followUps,
    },
  ],
  [
    0,
    {
      type: 'step.concluded',
      ...remove,
      outcome: 'confirmed',
      because: 'uid 91ab… is new, the pod answers 200, a canary write was acknowledged',
      facts: {},
      seenAt: '2026-05-08T11:05:00.000Z',
      to: 'done',
    },
  ],
  [
    0,
    {
      type: 'step.entered',
      step: 'done',
      visit: 1,
      depth: 0,
      kind: 'end',
      title: 'Vault writes again',
    },
  ],
  [
    0,
    {
      type: 'run.finished',
      result: 'resolved',
      because: 'Vault writes again, for 10 minutes without a gap',
      left: followUps.map(({ left }) => left),
      followUps,
      exitCode: 0,
    },
  ],
]);

/** As far as the card, and no further. */
export const asked = stream([...looking, ...asking]);

/** The delete was issued; whether it worked is not known, and the operator leaves. */
export const inDoubt = stream([
  ...looking,
  ...asking,
  ...issuing,
  [
    90_000,
    {
      type: 'effect.judged',
      ...remove,
      effect: 'unknown',
      because: 'the API server did not answer 9 of 9 times',
      before: {},
      after: {},
      leaves: [],
    },
  ],
  [
    0,
    {
      type: 'operator.asked',
      ...remove,
      question: {
        about: 'doubt',
        title: card.title,
        because: 'the API server did not answer 9 of 9 times',
        options: {
          probe: 'look at it again',
          'by-hand': 'it was finished by hand: look at it again',
          abort: 'stop here, in doubt',
        },
      },
    },
  ],
  [
    8000,
    { type: 'operator.answered', ...remove, answer: 'abort', by: 'mike', note: 'calling Ana' },
  ],
  [0, { type: 'operator.noted', note: 'the switch in rack 2 blinks', by: 'mike' }],
  [0, { type: 'run.interrupted', how: 'stop', because: 'stopped by the operator' }],
  [0, { type: 'run.interrupted', how: 'detach', because: 'detached by the operator' }],
  [0, { type: 'run.resumed', operator: 'ana', host: 'bastion' }],
  [
    0,
    {
      type: 'run.finished',
      result: 'in-doubt',
      because: 'the API server did not answer 9 of 9 times',
      left: [`${card.title}: issued, and its effect is not known`],
      followUps: [],
      exitCode: 5,
    },
  ],
]);

const guarded: Card = {
  ...card,
  risk: 'destructive',
  warning: 'Quorum is already lost: nothing can be written until two voters are back.',
  commands: [
    ...card.commands,
    { where: 'pve1', line: 'timeout -s KILL 60 sh -s -- 202 6f0c < pve/reset.sh' },
  ],
  breaks: {
    counts: [{ what: 'pods on the node', count: 14, names: ['coredns-1', 'vault-2', 'loki-0'] }],
    unknown: ['volumes: the CSI driver did not answer'],
  },
  guards: [
    { name: 'quorum', verdict: 'fails', because: '1 of 3 voters, needed 2' },
    {
      name: 'self-harm',
      verdict: 'unknown',
      because: 'the route to 10.0.20.1 could not be read: no answer within 3 s',
    },
    { name: 'one node at a time', verdict: 'holds', because: 'nobody holds the lock' },
  ],
};

const site2 = { step: 'restart', visit: 1, depth: 1 };

/** A plan: looks are real up to the first action, then every step is predicted. */
export const planned = stream([
  [0, { ...started, mode: 'plan' }],
  [0, { type: 'step.entered', ...quorum, kind: 'probe', title: 'Can the others keep quorum?' }],
  [
    0,
    {
      type: 'command.finished',
      ...quorum,
      command: 'vault.canary',
      key: 'canary',
      purpose: 'observe',
      sample: 0,
      ending: { how: 'withheld', because: 'a plan runs nothing intrusive' },
      durationMs: 0,
      output: { stdout: '', stderr: '', truncated: false },
    },
  ],
  [
    2000,
    {
      type: 'step.concluded',
      ...quorum,
      outcome: 'yes',
      because: '2 of 3',
      facts: {},
      seenAt: '2026-05-08T11:03:02.000Z',
      to: 'remove',
    },
  ],
  [0, { type: 'step.entered', ...remove, kind: 'action', title: card.title }],
  [0, { type: 'action.planned', ...remove, card: guarded }],
  [
    0,
    {
      type: 'step.concluded',
      ...remove,
      outcome: 'confirmed',
      because: 'a plan stops pretending here: what follows is predicted',
      facts: {},
      seenAt: '2026-05-08T11:03:02.000Z',
      to: 'unseal',
      predicted: true,
    },
  ],
  [
    0,
    {
      type: 'step.entered',
      step: 'unseal',
      visit: 1,
      depth: 0,
      kind: 'call',
      title: 'Unseal what is sealed',
      predicted: true,
    },
  ],
  [
    0,
    {
      type: 'step.entered',
      ...site2,
      kind: 'action',
      title: 'Restart the unsealer',
      predicted: true,
      called: { runbook: 'vault-unseal', params: { namespace: 'vault', pods: ['vault-2'] } },
    },
  ],
  [
    0,
    {
      type: 'action.planned',
      ...site2,
      predicted: true,
      card: {
        ...card,
        title: 'Restart the unsealer',
        risk: 'reversible',
        guards: [],
        evidence: { ...card.evidence, because: 'not sampled: this step is predicted' },
        breaks: { counts: [], unknown: ['nothing was measured'] },
      },
    },
  ],
  [
    0,
    {
      type: 'step.concluded',
      ...site2,
      outcome: 'confirmed',
      because: 'predicted: nothing was looked at',
      facts: {},
      seenAt: '2026-05-08T11:03:02.000Z',
      to: 'end',
      predicted: true,
    },
  ],
  [
    0,
    {
      type: 'step.concluded',
      step: 'unseal',
      visit: 1,
      depth: 0,
      outcome: 'resolved',
      because: 'predicted: nothing was looked at',
      facts: {},
      seenAt: '2026-05-08T11:03:02.000Z',
      to: 'settle',
      predicted: true,
    },
  ],
  [
    0,
    {
      type: 'run.finished',
      result: 'planned',
      because: "predicted to end 'resolved': Vault writes again",
      left: [],
      followUps: [],
      exitCode: 0,
    },
  ],
]);

const pick = { step: 'pick', visit: 1, depth: 0 };
const hands = { step: 'hands', visit: 2, depth: 0 };

/** A rehearsal: a choice, manual work, a blocked action, an effect that did not come, drift, all kinds of no. */
export const rehearsed = stream([
  [0, { ...started, mode: 'lab', lab: { scenario: 'leader-hangs', seed: 7 } }],
  [0, { type: 'step.entered', ...pick, kind: 'choice', title: 'Wait, or reset the node?' }],
  [
    0,
    {
      type: 'operator.asked',
      ...pick,
      question: {
        about: 'choice',
        question: 'The kubelet on k8s-node2 has been silent for 9 minutes. What now?',
        options: {
          wait: 'Wait ten more minutes and look again; nothing is touched',
          reset: 'Reset VM 202: everything on it ends at once, and 14 pods start elsewhere',
        },
      },
    },
  ],
  [4000, { type: 'operator.answered', ...pick, answer: 'reset', by: 'auto' }],
  [
    0,
    {
      type: 'step.concluded',
      ...pick,
      outcome: 'reset',
      because: 'Reset VM 202',
      facts: {},
      seenAt: '2026-05-08T11:03:04.000Z',
      to: 'remove',
    },
  ],
  [0, { type: 'step.entered', ...remove, kind: 'action', title: card.title }],
  ...guarded.guards.map(
    ({ name, verdict, because }) =>
      [0, { type: 'guard.judged', ...remove, guard: name, verdict, because }] as const,
  ),
  [
    0,
    {
      type: 'step.concluded',
      ...remove,
      outcome: 'blocked',
      because: 'quorum: 1 of 3 voters, needed 2; self-harm: the route could not be read',
      facts: {},
      seenAt: '2026-05-08T11:03:04.000Z',
      to: 'hands',
    },
  ],
  [0, { type: 'step.entered', ...hands, kind: 'manual', title: 'Free the volume by hand' }],
  [
    0,
    {
      type: 'operator.asked',
      ...hands,
      question: {
        about: 'manual',
        title: 'Free the volume by hand',
        instructions: [
          'On the console of k8s-node2, look for a mount.nfs in D state: ps -eo pid,stat,args',
          'Kill it; do not unmount with -l',
        ],
      },
    },
  ],
  [60_000, { type: 'operator.answered', ...hands, answer: 'done', by: 'auto' }],
  [
    1000,
    {
      type: 'step.concluded',
      ...hands,
      outcome: 'done',
      because: 'no mount.nfs is left on k8s-node2',
      facts: {},
      seenAt: '2026-05-08T11:04:04.000Z',
      to: 'again',
    },
  ],
  ...(['expired', 'skip', 'voided', 'abort', 'no'] as const).flatMap((answer, i) => {
    const at = { step: 'again', visit: i + 1, depth: 0 };
    return [
      [0, { type: 'step.entered', ...at, kind: 'action', title: card.title }],
      [
        3000,
        {
          type: 'confirmation.answered',
          ...at,
          answer,
          by: 'mike',
          ...(answer === 'skip' ? { note: 'Ana has done it' } : {}),
        },
      ],
      [
        0,
        {
          type: 'drift.judged',
          ...at,
          gate: 'after',
          drift: 'changed',
          because: 'a leader is back',
          seenAt: '2026-05-08T11:04:09.000Z',
        },
      ],
    ] as const satisfies readonly (readonly [number, Happening])[];
  }),
  [
    0,
    {
      type: 'effect.judged',
      step: 'again',
      visit: 5,
      depth: 0,
      effect: 'refuted',
      because: 'the uid is the same after 90 s',
      before: {},
      after: {},
      leaves: [],
    },
  ],
  [
    0,
    {
      type: 'step.concluded',
      step: 'again',
      visit: 5,
      depth: 0,
      outcome: 'refuted',
      because: 'the uid is the same after 90 s',
      facts: {},
      seenAt: '2026-05-08T11:04:09.000Z',
      to: 'escalate',
    },
  ],
  [
    0,
    {
      type: 'run.finished',
      result: 'escalate',
      because: 'the leader does not go, and nothing is left to try from here',
      left: ['k8s-node2 is cordoned', 'vault-2 is Terminating since 11:04'],
      followUps: [
        { left: 'the lock file of the maintenance', todo: 'remove it when node2 is back' },
      ],
      exitCode: 3,
    },
  ],
]);

const evil =
  '\u001b[31mred\u001b[0m \u001b]0;title\u0007\u202egnp.exe\u200b\r\nsecond\tline \u009b2J';

/** Text from a cluster that would like to paint. */
export const hostile = stream([
  [0, { ...started, runbook: `x${evil}`, cluster: evil }],
  [0, { type: 'step.entered', ...confirm, kind: 'probe', title: `Who? ${evil}` }],
  [
    1000,
    {
      type: 'step.concluded',
      ...confirm,
      outcome: evil,
      because: `世界 ${evil} ${'long'.repeat(60)}`,
      facts: {},
      seenAt: '2026-05-08T11:03:01.000Z',
      to: 'x',
    },
  ],
  [0, { type: 'step.entered', ...remove, kind: 'action', title: evil }],
  [
    0,
    {
      type: 'confirmation.asked',
      ...remove,
      expiresAt: '2026-05-08T11:05:03.300Z',
      card: {
        ...guarded,
        title: evil,
        warning: evil,
        target: { name: evil, kind: 'pod', proven: [evil, evil] },
        guards: [{ name: evil, verdict: 'unknown', because: evil }],
        proof: evil,
        undo: evil,
      },
    },
  ],
  [
    0,
    {
      type: 'run.finished',
      result: 'failed',
      because: evil,
      left: [evil],
      followUps: [],
      exitCode: 1,
    },
  ],
]);

/** A run that calls another runbook. */
export const called = stream([
  [0, { ...started, runbook: 'nfs-csi-recovery' }],
  ...calledHappenings,
]);

/** A refuted action, whose tool was stopped in the middle: what may be done about it, and what was chosen. */
export const failure: Question = {
  about: 'failure',
  title: card.title,
  outcome: 'refuted',
  because:
    'vault-2 is the same pod; the tool was stopped when 0 of 1 commands had an answer, so the command may never have left',
  cutOff: true,
  options: {
    retry: 'try it again: everything is looked at anew, and a confirmation of its own is asked',
    probe: 'look once more whether it worked',
    'by-hand': 'do it by hand; then it is looked whether it worked',
    skip: 'leave it out, with a reason',
    'go-on': 'go on as the runbook says: What holds the old pod?',
    abort: 'stop here, with a list of what is left in place',
  },
};

export const failed = stream([
  ...looking,
  [
    0,
    {
      type: 'lock.judged',
      lock: 'lease',
      where: 'Lease kube-system/sre-run',
      verdict: 'unknown',
      because: 'the API server did not answer in 10 s: whose it is cannot be told',
    },
  ],
  [
    0,
    {
      type: 'lock.judged',
      lock: 'host',
      where: 'pve: /run/sre/run.lock',
      verdict: 'held',
      because: "taken; number 1778238252; it expires 3 min after this run's last heartbeat",
      number: 1_778_238_252,
    },
  ],
  ...asking,
  ...issuing,
  [
    0,
    {
      type: 'run.resumed',
      operator: 'ana',
      host: 'bastion',
      because: 'only a title was changed',
      despite: [
        'the runbook vault-raft-deadlock is not the one it began with',
        '  steps › remove › title: "Delete the leader" is now "Delete pod vault-2, gracefully"',
      ],
    },
  ],
  [
    90_000,
    {
      type: 'effect.judged',
      ...remove,
      effect: 'refuted',
      because: 'vault-2 is the same pod',
      before: {},
      after: {},
      leaves: [],
    },
  ],
  [0, { type: 'operator.asked', ...remove, question: failure }],
  [4000, { type: 'operator.answered', ...remove, answer: 'retry', by: 'ana' }],
  [
    0,
    {
      type: 'step.concluded',
      ...remove,
      outcome: 'retried',
      because: 'vault-2 is the same pod; the operator tries it again',
      facts: {},
      seenAt: '2026-05-08T11:05:00.000Z',
      to: 'remove',
    },
  ],
  [
    0,
    {
      type: 'run.finished',
      result: 'locked',
      because:
        'run 01K9XH3V6T5QZ8M2N4P7R0S1WC of ben@desk has Lease kube-system/sre-run (kernel-nfs-reset: Reset the VM)',
      left: ['sent in this run: delete pod vault/vault-2; that all is well again was not proven'],
      followUps: [],
      exitCode: 6,
    },
  ],
]);

export const streams = {
  resolved,
  'in-doubt': inDoubt,
  failed,
  planned,
  rehearsed,
  called,
  hostile,
};
