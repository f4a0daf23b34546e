import type { MakeStep } from '../book.ts';
import type { Begun, Repaired } from '../facts.ts';
import { known } from '../judge/nodes.ts';
import { readMounts, readWhole, sayBegun } from '../judge/whole.ts';
import { canariesOn, sight } from '../looks.ts';

/**
 * Nodes that get their test mount here: those that were ill and came back without a deletion of ours, and those whose kernel
 * client another runbook has repaired, whatever was proven of them before that.
 */
export const unproven = (
  { ill }: Begun,
  repaired: readonly Repaired[],
  handed: readonly string[],
): readonly string[] => [
  ...new Set([...ill.filter((node) => !repaired.some((r) => r.node === node)), ...handed]),
];

/** A watch that was asleep for longer than this, in milliseconds, has watched nothing in between. */
const GAP_MS = 90_000;

/** Recovered means stayed recovered, measured where the pods are (DESIGN: promise 10; DOMAIN 2.1, end-to-end verify). */
export const proof = (step: MakeStep) => ({
  verify: step.probe({
    title: 'Is it all well: driver, controllers, speakers, and every mount?',
    needs: ['begun', 'control', 'repaired', 'remarks'],
    expect: 'well',
    next: {
      well: { to: 'mounts' },
      late: { to: 'survey', atMost: 2, then: 'not-well' },
    },
    watch: () => ({ every: '15s', within: '5m', late: 'late' }),
    observe: ({ site }) => sight(site),
    conclude: (seen, { to, wait, now, samples, site, facts: { begun } }) => {
      const look = known(seen);
      if (look.known === undefined) return wait(look.unread);
      const word = readWhole(site, look.known, samples[0]?.at ?? now, now);
      return word.is === 'well' && samples.length >= 2
        ? to.well(`${word.because}; ${sayBegun(begun, look.known)}`)
        : wait(word.because);
    },
  }),

  mounts: step.probe({
    title: 'Has every node that was ill had its test mount?',
    needs: ['begun', 'control', 'repaired', 'remarks'],
    mayUse: ['handed'],
    expect: 'mounted',
    next: {
      mounted: { to: 'soak' },
      untried: { to: 'untried' },
      hangs: { to: 'mount-hangs', gives: ['remarks'] },
      refused: { to: 'mount-refused', gives: ['remarks'] },
      late: { to: 'mount-unknown' },
    },
    watch: () => ({ every: '15s', within: '60s', late: 'late' }),
    observe: ({ site, facts: { begun, repaired, handed = [] } }) => ({
      mounts: canariesOn(site, unproven(begun, repaired, handed)),
    }),
    conclude: ({ mounts }, { to, wait, site, facts }) => {
      const { begun, repaired, remarks, handed = [] } = facts;
      const untried = [
        ...repaired.filter((r) => r.mount === 'not tried').map((r) => r.node),
        ...(site.nfs?.export === undefined ? unproven(begun, repaired, handed) : []),
      ];
      if (untried.length > 0) {
        return to.untried(
          `no test mount was made on ${[...new Set(untried)].join(', ')}: the inventory names no export (nfs.export)`,
        );
      }
      const word = readMounts(mounts);
      switch (word.is) {
        case 'mounted':
          return to.mounted(word.because);
        case 'again':
          return wait(word.because);
        case 'hangs':
        case 'refused':
          return to[word.is](word.because, { remarks: [...remarks, word.because] });
      }
    },
  }),

  soak: step.probe({
    title: 'Does it all stay well?',
    needs: ['begun', 'control', 'repaired', 'remarks'],
    expect: 'stayed',
    next: {
      stayed: { to: 'review' },
      regressed: { to: 'regressed' },
      gap: { to: 'soak', atMost: 2, then: 'not-well' },
    },
    watch: ({ params }) => ({ every: '30s', within: params.soak, late: 'stayed' }),
    observe: ({ site }) => sight(site),
    conclude: (seen, { to, wait, now, samples, site, params }) => {
      const since = samples[0]?.at ?? now;
      const minutes = ((now - since) / 60_000).toFixed(1);
      const earlier = samples.at(-2);
      if (now - (earlier?.at ?? now) > GAP_MS) {
        return to.gap(
          `nothing was looked at for ${Math.round((now - (earlier?.at ?? now)) / 1000)} s: the soak begins again`,
        );
      }
      const look = known(seen);
      const before = earlier === undefined ? undefined : known(earlier.seen);
      if (look.known === undefined) {
        return before !== undefined && before.known === undefined
          ? to.regressed(`after ${minutes} min nothing can be seen any more: ${look.unread}`)
          : wait(`${look.unread}; looking once more`);
      }
      const word = readWhole(site, look.known, since, now);
      if (word.is === 'well')
        return wait(`well for ${minutes} min of ${params.soak}, ${samples.length} samples`);
      // A pod that starts waits for its volume for a moment: that is no relapse unless it lasts.
      const lasted =
        before?.known !== undefined &&
        readWhole(site, before.known, since, earlier?.at ?? now).is === 'not-well';
      return lasted
        ? to.regressed(`well for ${minutes} min, then: ${word.because}`)
        : wait(`${word.because}; looking once more`);
    },
  }),

  review: step.probe({
    title: 'Is anybody who depends on the volumes still not back?',
    needs: ['unfinished', 'remarks'],
    expect: 'none',
    next: { none: { to: 'resolved' }, some: { to: 'operational' } },
    observe: () => ({}),
    conclude: (_, { to, facts: { unfinished } }) =>
      unfinished.length === 0
        ? to.none('nobody was left behind')
        : to.some(unfinished.map((it) => it.todo).join(' ')),
  }),
});
