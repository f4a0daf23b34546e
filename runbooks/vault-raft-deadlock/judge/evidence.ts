import type { PodRef } from '../../../src/runbook/references.ts';
import { quorumOf } from '../../../src/guards/voters.ts';
import { corroboration } from './corroboration.ts';
import {
  candidatesSince,
  clockRemarks,
  electionsSince,
  neverActivated,
  unreadLogs,
} from './logs.ts';
import { noLeader, slowWay, unmeasured } from './leaderless.ts';
import { answers, isDark, isSilent, namedLeader, ok } from './look.ts';
import type { Dated, Look } from './look.ts';

/** What the window says. `leader` is the pod's name. */
export type Verdict =
  | {
      readonly is: 'stuck';
      readonly how: 'silent' | 'storage';
      readonly leader: string;
      readonly because: string;
    }
  | {
      readonly is: 'suspect';
      readonly how: 'silent' | 'storage';
      readonly leader: string;
      readonly because: string;
    }
  | { readonly is: 'ha-inactive'; readonly leader: string; readonly because: string }
  | { readonly is: 'failed-member'; readonly member: string; readonly because: string }
  | {
      readonly is: 'slow' | 'healthy' | 'no-leader' | 'sealed' | 'moved' | 'dark' | 'unclear';
      readonly because: string;
    };

/** So many canary writes that nobody acknowledged say that Vault serves nobody, whatever its raft does. */
const UNSERVED = 3;

/** How many looks, and over what time, a verdict of "stuck" asks for: 4 in 60 s (COMMANDS A.4). */
export const LOOKS = 4;

/**
 * The evidence rule of COMMANDS A.4, corrected at its end: stuck (silent) is an API that accepts TCP and sends nothing while
 * no election happens; stuck (storage) needs three lost canaries and a corroboration from the node; whatever still works is
 * slow; a process frozen whole is replaced by an election and is a failed member. A clock that is off is said with it.
 */
export function judge(pods: readonly PodRef[], window: readonly Dated[]): Verdict {
  const verdict = weigh(pods, window);
  const remarks = clockRemarks(window.at(-1)?.seen.logs ?? {}, pods);
  return { ...verdict, because: [verdict.because, ...remarks].join('; ') };
}

function weigh(pods: readonly PodRef[], window: readonly Dated[]): Verdict {
  const last = window.at(-1);
  if (last === undefined) return { is: 'unclear', because: 'nothing was sampled' };
  const names = pods.map((p) => p.name);
  const replaced = replacedPod(pods, last.seen);
  if (replaced !== undefined) return { is: 'moved', because: replaced };
  if (names.every((n) => isDark(last.seen, n))) {
    return {
      is: 'dark',
      because: `no node could open TCP to ${names.join(', ')}, and the API server's proxy got no answer: the pod network itself may be down`,
    };
  }
  const sealed = names.filter((n) => ok(last.seen.health[n])?.sealed === true);
  if (sealed.length > 0 && !names.some((n) => isSilent(last.seen, n))) {
    return {
      is: 'sealed',
      because: `${sealed.join(', ')} ${sealed.length === 1 ? 'is' : 'are'} sealed`,
    };
  }
  const election = electionsSince(window, names);
  if (election !== undefined) return afterElection(pods, window, election);
  const leader = namedLeader(last.seen, pods);
  if (leader !== undefined && window.every((w) => isSilent(w.seen, leader))) {
    const standing = candidatesSince(window, names);
    return standing.length === 0
      ? silent(pods, window, leader)
      : noLeader(pods, window, leader, `${standing.join(', ')} stood for election and nobody won`);
  }
  const inactive = neverActivated(names, last.seen);
  if (inactive !== undefined)
    return { is: 'ha-inactive', leader: inactive.pod, because: inactive.because };
  if (leader === undefined || !window.some((w) => answers(w.seen, leader))) {
    return (
      unmeasured(pods, last.seen, leader) ??
      slowWay(window, leader) ??
      noLeader(pods, window, leader)
    );
  }
  return working(pods, window, leader);
}

function replacedPod(pods: readonly PodRef[], look: Look): string | undefined {
  const now = ok(look.pods);
  if (now === undefined) return undefined;
  for (const pod of pods) {
    const found = now.find((p) => p.name === pod.name);
    if (found === undefined) return `${pod.name} is gone`;
    if (found.uid !== pod.uid)
      return `${pod.name} was replaced: uid ${found.uid} instead of ${pod.uid}`;
  }
  return undefined;
}

/** A StatefulSet that wants more pods than there are: a voter is gone altogether. */
function missingPods(pods: readonly PodRef[], look: Look | undefined): string | undefined {
  const wanted = look === undefined ? undefined : ok(look.set)?.replicas;
  return wanted !== undefined && wanted > pods.length
    ? `only ${pods.length} of ${wanted} pods exist`
    : undefined;
}

function afterElection(
  pods: readonly PodRef[],
  window: readonly Dated[],
  election: string,
): Verdict {
  const look = window.at(-1)?.seen;
  if (look === undefined) return { is: 'unclear', because: election };
  const active = pods.find((p) => {
    const health = ok(look.health[p.name]);
    return health !== undefined && !health.sealed && !health.standby;
  });
  if (active === undefined) {
    return window.length < LOOKS
      ? { is: 'moved', because: election }
      : noLeader(pods, window, undefined);
  }
  const failed = pods.filter((p) => !answers(look, p.name)).map((p) => p.name);
  const [member] = failed;
  const short = missingPods(pods, look);
  if (short !== undefined) return { is: 'unclear', because: `${election}; ${short}` };
  return member === undefined
    ? { is: 'healthy', because: `${election}; ${active.name} is active and every pod answers` }
    : {
        is: 'failed-member',
        member,
        because: `${election}; ${active.name} is active now, and ${failed.join(', ')} does not answer: a failed member, not a leader to remove`,
      };
}

function silent(pods: readonly PodRef[], window: readonly Dated[], leader: string): Verdict {
  const first = `${leader} opened TCP and sent no byte, ${window.length} of ${window.length} samples; no election in between`;
  const more = corroboration(pods, window, leader);
  const unserved = !more.acked && more.lostCanaries >= UNSERVED;
  if (more.acked || (more.advanced && !unserved)) {
    return {
      is: 'slow',
      because: `${first}; but a write was acknowledged or an index moved, so the raft is alive`,
    };
  }
  const second = more.standbysSee;
  const third = [...more.noProgress, ...more.routing, ...more.node];
  const said = [first, ...second, ...third].join('; ');
  const unread = unreadLogs(window, more.standbys);
  if (!more.advanced && second.length > 0 && third.length > 0 && unread.length === 0)
    return { is: 'stuck', how: 'silent', leader, because: said };
  const missing = [
    // The leader writes for itself too, about once a minute: test/e2e/vault-raft.test.ts shows a real one.
    ...(more.advanced
      ? [
          `an index moved, so the raft works, though none of ${more.lostCanaries} canary writes was acknowledged`,
        ]
      : []),
    ...(second.length === 0 ? ['no standby complains about it'] : []),
    ...(third.length === 0
      ? [
          more.withheld
            ? 'the canary write was withheld in this plan'
            : 'neither a canary nor its node corroborates it',
        ]
      : []),
    ...(unread.length === 0
      ? []
      : [
          `the log of ${unread.join(', ')} does not cover the window, so an election is not ruled out`,
        ]),
    ...more.blind,
  ];
  return {
    is: 'suspect',
    how: 'silent',
    leader,
    because: `${said}; but ${missing.join(', and ')}`,
  };
}

function working(pods: readonly PodRef[], window: readonly Dated[], leader: string): Verdict {
  const more = corroboration(pods, window, leader);
  const last = window.at(-1)?.seen;
  const unready =
    last !== undefined && ok(last.pods)?.find((p) => p.name === leader)?.ready === false;
  const seconds = [
    ...more.standbysSee,
    ...(unready ? [`${leader} fails its readiness probe`] : []),
  ];
  const quiet = window.every((w) => answers(w.seen, leader));
  const down = pods
    .map((p) => p.name)
    .filter((n) => n !== leader && !window.some((w) => answers(w.seen, n)));
  const [member] = down;
  const answering = pods.length - down.length;
  // Vault says that it is active for 10 s and more after its raft has lost the quorum and stepped down:
  // test/e2e/vault-raft.test.ts shows a real one.
  if (quiet && !more.acked && answering < quorumOf(pods.length)) {
    return noLeader(pods, window, leader);
  }
  if (quiet && member !== undefined && more.lostCanaries === 0) {
    const proof = more.acked
      ? 'a canary write was acknowledged'
      : more.advanced
        ? 'an index moved'
        : 'no write was tried';
    return {
      is: 'failed-member',
      member,
      because: `${leader} leads and answers (${proof}); ${down.join(', ')} does not answer: a failed member, not a leader to remove`,
    };
  }
  const short = missingPods(pods, last);
  if (quiet && short !== undefined)
    return { is: 'unclear', because: `${leader} answers; ${short}` };
  if (more.acked || more.advanced) {
    return quiet && seconds.length === 0
      ? { is: 'healthy', because: `${leader} answers and a canary write was acknowledged` }
      : {
          is: 'slow',
          because: `${leader} is slow, and it works: ${more.acked ? 'a canary write was acknowledged' : 'an index moved'}`,
        };
  }
  const said = [
    `${leader} still answers without a token`,
    ...more.noProgress,
    ...more.node,
    ...seconds,
    ...more.blind,
  ].join('; ');
  if (more.lostCanaries >= UNSERVED && more.node.length > 0 && seconds.length > 0) {
    return { is: 'stuck', how: 'storage', leader, because: said };
  }
  if (more.lostCanaries > 0 || more.node.length > 0 || seconds.length > 0) {
    const because = `${said}; that does not prove that it is stuck`;
    return { is: 'suspect', how: 'storage', leader, because };
  }
  return quiet
    ? {
        is: 'healthy',
        because: `${leader} answers, and nothing complains about it; no write was tried`,
      }
    : { is: 'slow', because: `${leader} answers now and then` };
}
