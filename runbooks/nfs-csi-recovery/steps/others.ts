import type { MakeStep } from '../book.ts';
import { known } from '../judge/nodes.ts';
import { misplaced, peers } from '../judge/peers.ts';
import { sight } from '../looks.ts';

/** One that is missing may be made yet, within three minutes. */
const isPatient = (now: number, samples: readonly { readonly at: number }[]): boolean =>
  now - (samples[0]?.at ?? now) < 3 * 60_000;

/** After the nodes the controllers, after the controllers the speakers: one at a time, and each by the same ladder. */
export const others = (step: MakeStep) => ({
  controllers: step.probe({
    title: 'Are the controllers well, each on a node of its own?',
    needs: ['begun', 'control', 'repaired', 'remarks'],
    expect: 'well',
    next: {
      ill: { to: 'gate', gives: ['patient'], atMost: 12, then: 'restless' },
      'co-located': { to: 'co-located' },
      well: { to: 'speakers', gives: ['remarks'] },
      absent: { to: 'none-found' },
      unplaced: { to: 'unplaced' },
      late: { to: 'not-coming' },
      unread: { to: 'unclear' },
    },
    watch: () => ({ every: '10s', within: '4m', late: 'late' }),
    observe: ({ site }) => sight(site),
    conclude: (seen, { to, wait, now, samples, site, facts: { remarks } }) => {
      const look = known(seen);
      if (look.known === undefined) {
        return samples.length < 2
          ? wait(`${look.unread}; looking once more`)
          : to.unread(look.unread);
      }
      const word = peers(site, 'controller', look.known, now);
      // A container that crashes is up for a moment in between: one look may meet just that.
      if (samples.length < 2) return wait(`${word.because}; looking once more`);
      switch (word.is) {
        case 'ill':
          return to.ill(word.because, { patient: word.patient });
        case 'co-located':
          return to['co-located'](word.because);
        case 'coming':
          return wait(word.because);
        case 'absent':
        case 'unplaced':
          return isPatient(now, samples) ? wait(word.because) : to[word.is](word.because);
        case 'well': {
          const place = misplaced(look.known.controllers, look.known.nodes);
          return to.well(word.because, {
            remarks: [...remarks.filter((r) => !place.includes(r)), ...place],
          });
        }
      }
    },
  }),

  speakers: step.probe({
    title: "Are the load balancer's speakers well?",
    needs: ['begun', 'control', 'repaired', 'remarks'],
    expect: 'well',
    next: {
      ill: { to: 'gate', gives: ['patient'], atMost: 40, then: 'restless' },
      well: { to: 'waiting' },
      absent: { to: 'none-found' },
      unplaced: { to: 'unplaced' },
      late: { to: 'not-coming' },
      unread: { to: 'unclear' },
    },
    watch: () => ({ every: '10s', within: '4m', late: 'late' }),
    observe: ({ site }) => sight(site),
    conclude: (seen, { to, wait, now, samples, site }) => {
      if (site.speakers === undefined) return to.well('the inventory names no speakers');
      const look = known(seen);
      if (look.known === undefined) {
        return samples.length < 2
          ? wait(`${look.unread}; looking once more`)
          : to.unread(look.unread);
      }
      const word = peers(site, 'speaker', look.known, now);
      if (samples.length < 2) return wait(`${word.because}; looking once more`);
      switch (word.is) {
        case 'ill':
          return to.ill(word.because, { patient: word.patient });
        case 'coming':
          return wait(word.because);
        case 'absent':
        case 'unplaced':
          return isPatient(now, samples) ? wait(word.because) : to[word.is](word.because);
        case 'co-located':
        case 'well':
          return to.well(word.because);
      }
    },
  }),
});
