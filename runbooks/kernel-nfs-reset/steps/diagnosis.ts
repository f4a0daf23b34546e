import { nodeRefOf } from '../../../src/deeds/references.ts';
import type { MakeStep } from '../book.ts';
import { judgeCloser, judgeTable, probeOrder } from '../judge/diagnosis.ts';
import { judgeSurvey } from '../judge/survey.ts';
import { closeLook, mountEverywhere, survey, tries } from '../looks.ts';

/** So many looks, 5 s apart, before a waiting task counts as stuck (COMMANDS A.4, L6). */
const LOOKS = 3;

/** Which node is it, and is it the node at all? Nothing here changes anything; a test mount is the only trace it leaves. */
export const diagnosis = (step: MakeStep) => ({
  survey: step.probe({
    title: 'Which node cannot mount, and is it its own fault?',
    mayUse: ['repaired'],
    expect: 'sick',
    next: {
      sick: { to: 'closer', gives: ['target', 'control'], atMost: 6, then: 'restless' },
      calm: { to: 'everywhere' },
      mended: { to: 'resolved' },
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
    conclude: (_, { to, wait, now, samples, params, site, facts: { repaired = [] } }) => {
      if (site.nfs === undefined) return to['no-nfs']('the inventory names no NFS server');
      const word = judgeSurvey(samples, params.node, repaired, now);
      const settled = word.is === 'no-api' || word.is === 'unknown-node';
      if (!settled && samples.length < LOOKS)
        return wait(`${samples.length} of ${LOOKS} samples; ${word.because}`);
      switch (word.is) {
        case 'sick':
          return to.sick(word.because, { target: word.target, control: word.control });
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
      sick: { to: 'closer', gives: ['target', 'control'] },
      many: { to: 'many' },
      untested: { to: 'untested' },
    },
    observe: ({ site }) => ({ ...survey(site), ...mountEverywhere(site) }),
    conclude: ({ mounts, nodes }, { to }) => {
      const all = Object.entries(mounts);
      const unknown = all.flatMap(([node, it]) => (it.ok ? [] : [`${node}: ${it.says}`]));
      const works = all.flatMap(([node, it]) => (it.ok && it.value.is === 'mounted' ? [node] : []));
      const fails = all.flatMap(([node, it]) => (it.ok && it.value.is !== 'mounted' ? [node] : []));
      if (all.length === 0 || !nodes.ok) {
        return to.untested('the inventory names no nfs.export, so nothing could be mounted');
      }
      if (fails.length * 2 > all.length)
        return to.many(`a fresh mount fails on ${fails.join(', ')}`);
      const target = nodes.value.find((it) => it.name === fails[0]);
      const [control] = works;
      if (target !== undefined && control !== undefined) {
        return to.sick(
          `a fresh mount works on ${works.join(', ')}, and not on ${fails.join(', ')}`,
          {
            target: nodeRefOf(target),
            control,
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
      client: { to: 'rung', gives: ['verdict', 'climbed', 'tried'] },
      untried: { to: 'table', gives: ['order'] },
      server: { to: 'server' },
      path: { to: 'path' },
      unclear: { to: 'unclear' },
    },
    observe: ({ site, facts: { target, control } }) => closeLook(site, target, control),
    conclude: ({ here, there, ...seen }, { to, site, facts: { target, control } }) => {
      if (site.nfs === undefined || here === undefined || there === undefined)
        return to.unclear('the inventory names no NFS server');
      const word = judgeCloser(target, control, { ...seen, here, there });
      switch (word.is) {
        case 'client':
          return to.client(word.verdict.because, {
            verdict: word.verdict,
            climbed: [],
            tried: 'none yet',
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

  table: step.probe({
    title: 'Which versions mount here, and does the control mount?',
    needs: ['target', 'control', 'order'],
    mayUse: ['repaired'],
    expect: 'client',
    next: {
      client: { to: 'rung', gives: ['verdict', 'climbed', 'tried'] },
      fine: { to: 'fine' },
      mended: { to: 'resolved' },
      again: { to: 'closer', atMost: 3, then: 'unclear' },
      server: { to: 'server' },
      path: { to: 'path' },
      unclear: { to: 'unclear' },
    },
    observe: ({ site, facts: { target, control, order } }) =>
      tries(site, target.name, control, order),
    conclude: ({ tries: tried, control: there, kubelet }, { to, facts }) => {
      const { target, control, repaired = [] } = facts;
      if (there === undefined) {
        return to.unclear('the inventory names no nfs.export, so no test mount could be made');
      }
      const word = judgeTable(target.name, control, { tries: tried, control: there, kubelet });
      if (word.is === 'fine' && repaired.length > 0) return to.mended(word.because);
      return word.is === 'client'
        ? to.client(word.verdict.because, {
            verdict: word.verdict,
            climbed: [],
            tried: 'none yet',
          })
        : to[word.is](word.because);
    },
  }),
});
