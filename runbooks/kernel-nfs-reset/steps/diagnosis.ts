import { nodeRefOf } from '../../../src/deeds/references.ts';
import type { MakeStep } from '../book.ts';
import { judgeCloser, judgeControl, judgeTable, probeOrder } from '../judge/diagnosis.ts';
import { judgeSurvey } from '../judge/survey.ts';
import { closeLook, mountEverywhere, mountOn, survey, tries } from '../looks.ts';

/** So many looks, 5 s apart, before a waiting task counts as stuck (COMMANDS A.4, L6). */
const LOOKS = 3;

/** Which node is it, and is it the node at all? Nothing here changes anything; a test mount is the only trace it leaves. */
export const diagnosis = (step: MakeStep) => ({
  survey: step.probe({
    title: 'Which node cannot mount, and is it its own fault?',
    mayUse: ['repaired', 'cleared', 'cordoned'],
    expect: 'sick',
    next: {
      sick: {
        to: 'closer',
        gives: ['target', 'control', 'leaseSeconds'],
        atMost: 8,
        then: 'restless',
      },
      calm: { to: 'everywhere' },
      mended: { to: 'resolved' },
      'give-back': {
        to: 'mounts-again',
        gives: ['target', 'control', 'leaseSeconds'],
        atMost: 4,
        then: 'restless',
      },
      server: { to: 'server' },
      grace: { to: 'grace' },
      many: { to: 'many' },
      'no-control': { to: 'no-control' },
      'unknown-node': { to: 'unknown-node' },
      blind: { to: 'blind' },
      'no-api': { to: 'no-api' },
      'no-nfs': { to: 'no-nfs' },
    },
    watch: () => ({ every: '5s', within: '2m', late: 'blind' }),
    observe: ({ site }) => survey(site),
    conclude: (_, { to, wait, now, samples, params, site, facts }) => {
      if (site.nfs === undefined) return to['no-nfs']('the inventory names no NFS server');
      const { repaired = [], cleared = [], cordoned = [] } = facts;
      const word = judgeSurvey(samples, { only: params.node, repaired, cleared, cordoned }, now);
      const settled = word.is === 'no-api' || word.is === 'unknown-node';
      if (!settled && samples.length < LOOKS)
        return wait(`${samples.length} of ${LOOKS} samples; ${word.because}`);
      switch (word.is) {
        case 'sick':
        case 'give-back': {
          const { target, control, leaseSeconds } = word;
          return to[word.is](word.because, { target, control, leaseSeconds });
        }
        case 'calm':
          return repaired.length > 0 ? to.mended(word.because) : to.calm(word.because);
        case 'server':
        case 'grace':
        case 'many':
        case 'no-control':
        case 'unknown-node':
        case 'blind':
        case 'no-api':
          return to[word.is](word.because);
      }
    },
  }),

  everywhere: step.probe({
    title: 'Does a fresh mount work on every node?',
    expect: 'healthy',
    next: {
      healthy: { to: 'healthy' },
      sick: { to: 'closer', gives: ['target', 'control', 'leaseSeconds'] },
      many: { to: 'many' },
      untested: { to: 'untested' },
    },
    observe: ({ site }) => ({ ...survey(site), ...mountEverywhere(site) }),
    conclude: ({ mounts, nodes, server }, { to }) => {
      const all = Object.entries(mounts);
      const unknown = all.flatMap(([node, it]) => {
        if (!it.ok) return [`${node}: ${it.says}`];
        return it.value.is === 'locked' ? [`${node}: another test mount is under way`] : [];
      });
      const that = (is: boolean): readonly string[] =>
        all.flatMap(([node, it]) =>
          it.ok && it.value.is !== 'locked' && (it.value.is === 'mounted') === is ? [node] : [],
        );
      const [works, fails] = [that(true), that(false)];
      if (all.length === 0 || !nodes.ok) {
        return to.untested('the inventory names no nfs.export, so nothing could be mounted');
      }
      if (fails.length * 2 > all.length)
        return to.many(`a fresh mount fails on ${fails.join(', ')}`);
      const failing = nodes.value.filter((it) => fails.includes(it.name));
      const target = failing.find((it) => !it.controlPlane) ?? failing[0];
      const [control] = works;
      if (target !== undefined && control !== undefined) {
        return to.sick(
          `a fresh mount works on ${works.join(', ')}, and not on ${fails.join(', ')}`,
          {
            target: nodeRefOf(target),
            control,
            leaseSeconds: server?.ok === true ? server.value.leaseSeconds : 0,
          },
        );
      }
      return unknown.length > 0
        ? to.untested(`not every node could be tried: ${unknown.join('; ')}`)
        : to.healthy(`a fresh mount works on ${works.join(', ')}`);
    },
  }),

  closer: step.probe({
    title: 'Is it the client, the path or the server?',
    needs: ['target', 'control'],
    expect: 'client',
    next: {
      client: { to: 'control', gives: ['verdict', 'version', 'climbed', 'tried', 'killed'] },
      untried: { to: 'table', gives: ['order'] },
      server: { to: 'server' },
      path: { to: 'path' },
      unclear: { to: 'unclear' },
    },
    watch: () => ({ every: '5s', within: '1m', late: 'unclear' }),
    observe: ({ site, facts: { target, control } }) => closeLook(site, target, control),
    conclude: (seen, { to, wait, samples, site, facts: { target, control } }) => {
      const looks = samples.flatMap(({ seen: { here, there, ...more } }) =>
        here === undefined || there === undefined ? [] : [{ ...more, here, there }],
      );
      if (site.nfs === undefined || looks.length < samples.length)
        return to.unclear('the inventory names no NFS server');
      const word = judgeCloser(target, control, looks.slice(-2));
      if (looks.length < 2) return wait(`looking once more; ${sayWord(word)}`);
      switch (word.is) {
        case 'client':
          return to.client(word.verdict.because, {
            verdict: word.verdict,
            version: 'default',
            ...FIRST_RUNG,
          });
        case 'untried':
          return to.untried(word.because, { order: probeOrder(seen.state, site.nfs.server) });
        case 'server':
        case 'path':
        case 'unclear':
          return to[word.is](word.because);
      }
    },
  }),

  control: step.probe({
    title: 'Does the control mount, so that the server is not at fault?',
    needs: ['control'],
    next: { works: { to: 'rung' }, server: { to: 'server' }, unclear: { to: 'unclear' } },
    observe: ({ site, facts: { control } }) => ({ mount: mountOn(site, control) }),
    conclude: ({ mount }, { to, facts: { control } }) => {
      const word = judgeControl(control, mount);
      return to[word.is](word.because);
    },
  }),

  table: step.probe({
    title: 'Which versions mount here, and does the control mount?',
    needs: ['target', 'control', 'order'],
    mayUse: ['cleared', 'cordoned'],
    expect: 'client',
    next: {
      client: { to: 'rung', gives: ['verdict', 'version', 'climbed', 'tried', 'killed'] },
      fine: { to: 'fine' },
      'give-back': { to: 'mounts-again', atMost: 4, then: 'restless' },
      others: { to: 'survey', gives: ['cleared'], atMost: 8, then: 'restless' },
      again: { to: 'closer', atMost: 3, then: 'unclear' },
      server: { to: 'server' },
      path: { to: 'path' },
      unclear: { to: 'unclear' },
    },
    observe: ({ site, facts: { target, control, order } }) =>
      tries(site, target.name, control, order),
    conclude: (seen, { to, now, params, facts }) => {
      const { target, control, order, cleared = [], cordoned = [] } = facts;
      if (seen.control === undefined) {
        return to.unclear('the inventory names no nfs.export, so no test mount could be made');
      }
      const tried = seen.tries.flatMap((it, i) => {
        const version = order[i];
        return version === undefined ? [] : [[version, it] as const];
      });
      const look = { ...seen, control: seen.control, tries: tried };
      const word = judgeTable(target, control, look, now);
      switch (word.is) {
        case 'client':
          return to.client(word.verdict.because, {
            verdict: word.verdict,
            version: word.version,
            ...FIRST_RUNG,
          });
        case 'fine':
          if (cordoned.includes(target.name)) return to['give-back'](word.because);
          return params.node === undefined
            ? to.others(word.because, { cleared: [...cleared, target.name] })
            : to.fine(word.because);
        case 'again':
        case 'server':
        case 'path':
        case 'unclear':
          return to[word.is](word.because);
      }
    },
  }),
});

/** A ladder that nobody has climbed yet: what was tried on another node says nothing of this one. */
const FIRST_RUNG = { climbed: [], tried: 'none yet', killed: [] } as const;

const sayWord = (word: ReturnType<typeof judgeCloser>): string =>
  word.is === 'client' ? word.verdict.because : word.because;
