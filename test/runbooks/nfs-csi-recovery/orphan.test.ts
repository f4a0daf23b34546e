import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPort, settled } from '../../../runbooks/nfs-csi-recovery/judge/port.ts';
import type { PortLook } from '../../../runbooks/nfs-csi-recovery/judge/port.ts';
import {
  contest,
  holder,
  no,
  nobody,
  NOW,
  ok,
  owner,
  patient,
  pod,
  runtime,
  sandbox,
} from './made.ts';

/** Whatever is seen of a port: an orphan is never a pod that the API may know, and nothing is free that somebody holds. */

const UIDS = ['dead-uid', 'known-uid', 'static-hash', patient.pod.uid] as const;

const anyHolder = fc
  .record({
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    podUid: fc.option(fc.constantFrom(...UIDS), { nil: undefined }),
    shown: fc.boolean(),
    state: fc.constantFrom('S', 'R', 'D', 'Z'),
    threads: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ podUid, ...it }) => holder({ ...it, ...(podUid === undefined ? {} : { podUid }) }));

const anyOwner = fc.oneof(
  fc.constant(nobody),
  fc.array(anyHolder, { maxLength: 3 }).map((all) => owner(...all)),
  fc.constant({ ...nobody, root: false }),
);

const KNOWN = [
  pod({ name: 'csi-n1', node: 'n1' }),
  pod({ name: 'other', uid: 'known-uid', node: 'n1' }),
  pod({ name: 'etcd-m', uid: 'mirror', mirror: true, configHash: 'static-hash' }),
];

const anyLook: fc.Arbitrary<PortLook> = fc.record({
  owners: fc.oneof(anyOwner.map(ok), fc.constant(no('timeout'))).map((it) => ({ 29653: it })),
  sandboxes: fc.oneof(
    fc
      .subarray(UIDS.slice())
      .map((uids) => ok(runtime(...uids.map((podUid) => sandbox({ podUid }))))),
    fc.constant(no('timeout')),
  ),
  pods: fc.oneof(
    fc.subarray(KNOWN).map((all) => ok(all)),
    fc.constant(no('timeout')),
  ),
  ready: fc.oneof(fc.constant(ok('ready' as const)), fc.constant(no('etcd'))),
});

/** Whether this look's own list of pods, from a ready API server, has that UID, by whatever name. */
const knows = (look: PortLook, uid: string): boolean =>
  !look.ready.ok ||
  !look.pods.ok ||
  look.pods.value.length === 0 ||
  look.pods.value.some((p) => p.uid === uid || p.configHash === uid);

test('an orphan is unknown to a list that was read, from an API server that is ready, and has a sandbox', () => {
  fc.assert(
    fc.property(anyLook, (look) => {
      const held = readPort(patient, contest, look);
      if (held.is !== 'orphan') return;
      const { podUid } = held.holder.sandbox;
      expect(knows(look, podUid)).toBe(false);
      expect(podUid).not.toBe(patient.pod.uid);
      expect(
        look.sandboxes.ok && look.sandboxes.value.sandboxes.some((s) => s.podUid === podUid),
      ).toBe(true);
    }),
  );
});

test('a port is free only where it was looked at as root, and nobody else was there', () => {
  fc.assert(
    fc.property(anyLook, (look) => {
      const seen = look.owners[29_653];
      if (readPort(patient, contest, look).is !== 'free') return;
      expect(seen?.ok === true && seen.value.root).toBe(true);
      const others = seen?.ok === true ? seen.value.holders : [];
      expect(others.every((h) => h.podUid === patient.pod.uid && h.shown)).toBe(true);
      const listeners = seen?.ok === true ? seen.value.listeners : [];
      expect(listeners.every((l) => others.some((h) => h.protocol === l.protocol))).toBe(true);
    }),
  );
});

test('what is settled was said by two looks, 10 s apart; an orphan was absent from both lists', () => {
  fc.assert(
    fc.property(anyLook, anyLook, fc.integer({ min: 0, max: 40 }), (a, b, seconds) => {
      const looks = [
        { at: NOW, seen: a },
        { at: NOW + seconds * 1000, seen: b },
      ];
      const held = settled(patient, contest, looks);
      if (held === undefined) return;
      expect(seconds).toBeGreaterThanOrEqual(10);
      expect(readPort(patient, contest, a).is).toBe(held.is);
      expect(readPort(patient, contest, b).is).toBe(held.is);
      const uid = held.is === 'orphan' ? held.holder.sandbox.podUid : undefined;
      expect(uid !== undefined && (knows(a, uid) || knows(b, uid))).toBe(false);
    }),
  );
});
