import { expect } from 'vitest';
import type { Event } from '../../../src/engine/events.ts';
import type { AuditMark } from '../harness/audit-log.ts';
import { USERS } from '../harness/control-plane.ts';
import { endOf, expectAskedAndJudged } from '../incident/proofs.ts';
import type { Member } from './members.ts';
import type { Raft } from './raft.ts';

/** The UIDs of the pods that were deleted since then, in order; and nothing else was changed through the API. */
export async function expectOnlyDeletions(
  raft: Raft,
  since: AuditMark,
): Promise<readonly string[]> {
  const all = await raft.plane.audit.mutations(since, USERS.operator);
  // What is asked of Vault through `kubectl exec` is in the journal.
  const mutations = all.filter(({ subresource }) => subresource !== 'exec');
  expect(mutations.map(({ verb, resource, code }) => [verb, resource, code])).toEqual(
    mutations.map(() => ['delete', 'pods', 200]),
  );
  return mutations.map(({ preconditionUid }) => preconditionUid ?? 'pinned to no uid');
}

/** The pod of a member that had this UID was deleted once, somebody else leads, and all three are well again. */
export async function expectReplaced(
  raft: Raft,
  {
    member,
    uid,
    since,
  }: { readonly member: Member; readonly uid: string; readonly since: AuditMark },
  events: readonly Event[],
): Promise<void> {
  expect(expectAskedAndJudged(events)).toEqual(['kubectl.delete-pod']);
  expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
  expect(await expectOnlyDeletions(raft, since)).toEqual([uid]);
  expect(await raft.uidOf(member)).not.toBe(uid);
  expect((await raft.leader()).name).not.toBe(member.name);
  await raft.settled();
}
