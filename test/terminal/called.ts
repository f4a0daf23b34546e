import type { Card, Happening, Question } from '../../src/engine/events.ts';

/** A run that calls another runbook, as happenings: a cordon, twenty evictions that need a reason, a doubt, an uncordon. */

type Happened = readonly [afterMs: number, happening: Happening];

const NODE = 'k8s-node2';
const PODS = Array.from({ length: 20 }, (_, i) => `shop/worker-${i}-7c9d5b6f4-x${i}`);

const target: Card['target'] = {
  name: NODE,
  kind: 'node',
  proven: ['uid 4a1b7c9d-0e2f-4a3b-8c5d-6e7f8a9b0c1d', 'boot 9f3e2d1c-b0a9-4887-9665-54433221100f'],
};

const evict = (pod: string): Card['commands'][number] => ({
  where: 'here',
  line: `kubectl --context homelab create --raw /api/v1/namespaces/shop/pods/${pod.slice(5)}/eviction -f -`,
  stdin: '{"kind":"Eviction","apiVersion":"policy/v1"}',
});

const cordonCard: Card = {
  title: `Keep new pods off ${NODE}`,
  risk: 'reversible',
  target,
  commands: [
    { where: 'here', line: `kubectl --context homelab patch node ${NODE} --type=json -p …` },
  ],
  breaks: {
    counts: [{ what: 'node that takes no new pods', count: 1, names: [NODE] }],
    unknown: [],
  },
  guards: [{ name: 'one node at a time', verdict: 'holds', because: 'no other node is cordoned' }],
  evidence: {
    because: 'mount.nfs 4711 hangs in nfs4_discover_server_trunking for 41 min',
    seenAt: '2026-05-08T11:03:02.000Z',
    limitMs: 60_000,
  },
  proof: 'the node says unschedulable: true',
  undo: `kubectl uncordon ${NODE}`,
  skippable: false,
};

/** Twenty commands, many names, and a question to be answered with the yes. */
export const crowded: Card = {
  ...cordonCard,
  title: `Evict the pods of ${NODE}`,
  risk: 'disruptive',
  commands: PODS.map(evict),
  breaks: {
    counts: [
      { what: 'pods are evicted', count: 20, names: PODS },
      { what: 'of them with a claim of this driver', count: 7, names: PODS.slice(0, 7) },
      { what: 'budget that allows no disruption', count: 1, names: ['shop/database'] },
      { what: 'pod without a controller', count: 0, names: [] },
      { what: 'pods stay: they belong to a DaemonSet', count: 6, names: PODS.slice(0, 6) },
    ],
    unknown: ['3 pods in Pending: whether they need this node could not be read'],
  },
  reason: 'Why are pods evicted although the server was slow 2 minutes ago?',
};

const asking = (at: At, card: Card, note?: string): readonly Happened[] => [
  [0, { type: 'step.entered', ...at, kind: 'action', title: card.title }],
  [900, { type: 'confirmation.asked', ...at, card, expiresAt: '2026-05-08T11:05:03.300Z' }],
  [
    9000,
    {
      type: 'confirmation.answered',
      ...at,
      answer: 'yes',
      by: 'mike',
      ...(note === undefined ? {} : { note }),
    },
  ],
];

type At = { readonly step: string; readonly visit: number; readonly depth: number };

const issuing = (at: At, card: Card, about: string): readonly Happened[] => {
  const act = {
    ...at,
    command: 'kubectl.act',
    key: 'commands[0]',
    purpose: 'act',
    sample: 0,
  } as const;
  const argv = card.commands[0]?.line ?? '';
  return [
    [
      100,
      {
        type: 'intent.written',
        ...act,
        argv,
        where: 'here',
        does: 'mutates',
        about,
        target: NODE,
        before: {},
      },
    ],
    [
      0,
      {
        type: 'command.started',
        ...act,
        about,
        where: 'here',
        argv,
        does: 'mutates',
        deadlineMs: 15_000,
      },
    ],
    [
      400,
      {
        type: 'command.finished',
        ...act,
        ending: { how: 'exited', code: 0 },
        durationMs: 400,
        output: { stdout: '', stderr: '', truncated: false },
      },
    ],
  ];
};

const concluded = (at: At, outcome: string, because: string, to: string): Happened => [
  800,
  {
    type: 'step.concluded',
    ...at,
    outcome,
    because,
    facts: {},
    seenAt: '2026-05-08T11:03:02.000Z',
    to,
  },
];

const judged = (
  at: At,
  effect: 'confirmed' | 'unknown',
  because: string,
  { leaves = [], settles = [] }: { leaves?: (typeof CORDON)[]; settles?: string[] } = {},
): Happened => [
  5000,
  { type: 'effect.judged', ...at, effect, because, before: {}, after: {}, leaves, settles },
];

const CORDON = {
  id: `cordon ${NODE}`,
  left: `${NODE} is cordoned`,
  todo: `kubectl uncordon ${NODE}, once it is well`,
};

export const DOUBT: Extract<Question, { about: 'doubt' }> = {
  about: 'doubt',
  title: crowded.title,
  because: 'the API server did not answer 3 of 3 times',
  options: {
    probe: 'look at it again',
    'by-hand': 'it was finished by hand: look at it again',
    examine: 'look closer: Which pods are left on the node?',
    abort: 'stop here, in doubt',
  },
};

const at = (step: string, depth: number): At => ({ step, visit: 1, depth });
const [survey, mend, reach, cordon, drain, left, back, uncordon, done] = [
  at('survey', 0),
  at('mend', 0),
  at('reach', 1),
  at('cordon', 1),
  at('drain', 1),
  at('left', 1),
  at('back', 1),
  at('uncordon', 0),
  at('done', 0),
];

export const calledHappenings: readonly Happened[] = [
  [0, { type: 'step.entered', ...survey, kind: 'probe', title: 'Which nodes cannot mount?' }],
  concluded(survey, 'one', `${NODE} alone: 12 pods wait for it`, 'mend'),
  [
    0,
    {
      type: 'step.entered',
      ...mend,
      kind: 'call',
      title: `Reset ${NODE}, whose NFS client hangs in the kernel`,
    },
  ],
  [
    0,
    {
      type: 'step.entered',
      ...reach,
      kind: 'probe',
      title: 'Is the node itself well?',
      called: {
        runbook: 'kernel-nfs-reset',
        title: 'The NFS client of a node hangs in the kernel: only a reset frees it',
        params: {
          node: NODE,
          soak: '10m',
          evidence: { mounts: ['10.0.0.5:/srv/nfs'], boot: '9f3e' },
        },
      },
    },
  ],
  concluded(reach, 'wedged', 'mount.nfs 4711 hangs for 41 min; SIGKILL did not end it', 'cordon'),
  ...asking(cordon, cordonCard),
  ...issuing(cordon, cordonCard, `make ${NODE} unschedulable`),
  judged(cordon, 'confirmed', 'unschedulable: true', { leaves: [CORDON] }),
  concluded(cordon, 'confirmed', 'unschedulable: true', 'drain'),
  ...asking(drain, crowded, 'the pods on it are lost either way'),
  ...issuing(drain, crowded, 'evict shop/worker-0 (1 of 20)'),
  judged(drain, 'unknown', DOUBT.because),
  [0, { type: 'operator.asked', ...drain, question: DOUBT }],
  [4000, { type: 'operator.answered', ...drain, answer: 'examine', by: 'mike' }],
  concluded(drain, 'doubtful', DOUBT.because, 'left'),
  [0, { type: 'step.entered', ...left, kind: 'probe', title: 'Which pods are left on the node?' }],
  concluded(left, 'none', 'no pod but those of DaemonSets', 'back'),
  [0, { type: 'step.entered', ...back, kind: 'end', title: 'The node is back, and mounts' }],
  concluded(mend, 'resolved', 'The node is back, and mounts', 'uncordon'),
  ...asking(uncordon, { ...cordonCard, title: `Let new pods onto ${NODE} again` }),
  ...issuing(uncordon, cordonCard, `make ${NODE} schedulable`),
  judged(uncordon, 'confirmed', 'unschedulable: false', { settles: [CORDON.id] }),
  concluded(uncordon, 'confirmed', 'unschedulable: false', 'done'),
  [0, { type: 'step.entered', ...done, kind: 'end', title: 'Pods mount again' }],
  [
    0,
    {
      type: 'run.finished',
      result: 'resolved',
      because: 'Pods mount again',
      left: [],
      followUps: [],
      exitCode: 0,
    },
  ],
];
