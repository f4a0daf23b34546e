import { commandsOfStep, defaultsOf } from '../runbook/step-commands.ts';
import type { Does } from '../runbook/command.ts';
import { calledFrom } from '../runbook/load.ts';
import type { Library } from '../runbook/load.ts';
import { render } from '../runbook/render.ts';
import type { Rendered } from '../runbook/render.ts';
import type { Runbook } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Step } from '../runbook/step.ts';
import { NOWHERE, symbolicContext } from '../runbook/symbolic.ts';

/** A command of a step as people read it; facts that a run would find stand as `‹leader.name›`. */
export interface DescribedCommand extends Rendered {
  readonly id: string;
  readonly about: string;
  readonly does: Does;
  readonly deadlineMs: number;
}

/** Where an outcome leads. */
export interface DescribedEdge {
  readonly outcome: string;
  readonly to: string;
  readonly gives: readonly string[];
  readonly atMost?: number;
  readonly then?: string;
}

export interface DescribedStep {
  readonly id: string;
  readonly kind: Step['kind'];
  readonly title: string;
  readonly needs: readonly string[];
  readonly commands: readonly DescribedCommand[];
  readonly edges: readonly DescribedEdge[];
  /** Of an action: what proves it, what undoes it, which guards it asks. */
  readonly action?: {
    readonly risk: string;
    readonly guards: readonly string[];
    readonly proof: string;
    readonly undo: string;
  };
  /** Of a call: the id of the runbook that it runs. */
  readonly calls?: string;
  /** Of an end. */
  readonly result?: string;
}

/** A runbook in words and commands, with nothing run: for `sre show`, offline plans, and the digest of a run. */
export interface Description {
  readonly id: string;
  readonly title: string;
  readonly version: number;
  readonly start: string;
  readonly facts: readonly string[];
  readonly steps: readonly DescribedStep[];
}

/** A runbook with every one that it may call, however deep. */
export interface WholeDescription extends Description {
  readonly called: readonly Description[];
}

/** Describes a runbook and all that it may call. Its digest is that of a run: what a called runbook does is part of it. */
export function describeAll(
  library: Library,
  book: Runbook,
  params: unknown = defaultsOf(book),
  site: Site = NOWHERE,
): WholeDescription {
  const called = [...calledFrom(book.id, library)].flatMap((id) => {
    const it = library.get(id);
    return it === undefined || id === book.id ? [] : [describe(it, defaultsOf(it), site)];
  });
  return { ...describe(book, params, site), called };
}

/** Describes a runbook, its steps in the order in which a run first meets them. Pure: the same runbook, the same text. */
function describe(book: Runbook, params: unknown, site: Site): Description {
  return {
    id: book.id,
    title: book.title,
    version: book.version,
    start: book.start,
    facts: Object.keys(book.facts),
    steps: inOrder(book).map((id) => describeStep(id, stepOf(book, id), params, site)),
  };
}

function stepOf(book: Runbook, id: string): Step {
  const step = book.steps[id];
  if (step === undefined) throw new Error(`${book.id} has no step '${id}'`);
  return step;
}

/** Breadth first from the start, ends last: the order of a map one reads. */
function inOrder(book: Runbook): readonly string[] {
  const order = [book.start];
  for (const id of order) {
    for (const edge of Object.values(stepOf(book, id).next)) {
      for (const to of [edge.to, edge.then]) {
        if (to !== undefined && !order.includes(to)) order.push(to);
      }
    }
  }
  const isEnd = (id: string): boolean => stepOf(book, id).kind === 'end';
  return [...order.filter((id) => !isEnd(id)), ...order.filter(isEnd)];
}

/** A fact that is not known yet was encoded with the URL it stands in; a person reads it as it is. */
const readable = (line: string): string =>
  line
    .replaceAll(/%E2%80%B9.*?%E2%80%BA/g, (encoded) => decodeURIComponent(encoded))
    .replaceAll(/'(‹[^'› ]*›)'/g, '$1');

function describeStep(id: string, step: Step, params: unknown, site: Site): DescribedStep {
  const seen = new Set<string>();
  const commands = commandsOfStep(step, params, site).flatMap(({ command }): DescribedCommand[] => {
    const rendered = render(command);
    const it = {
      ...rendered,
      line: readable(rendered.line),
      id: command.id,
      about: command.about,
      does: command.does,
      deadlineMs: command.deadlineMs,
    };
    const key = `${it.where} ${it.line} ${it.stdin ?? ''}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [it];
  });
  return {
    id,
    kind: step.kind,
    title: step.title,
    needs: step.needs,
    commands,
    edges: Object.entries(step.next).map(([outcome, edge]) => ({
      outcome,
      to: edge.to,
      gives: edge.gives ?? [],
      ...(edge.atMost === undefined ? {} : { atMost: edge.atMost }),
      ...(edge.then === undefined ? {} : { then: edge.then }),
    })),
    ...(step.kind === 'action'
      ? {
          action: {
            risk: step.risk,
            guards: step
              .guards(symbolicContext([...step.needs, ...step.mayUse], {}, params, site))
              .map((g) => g.name),
            proof: step.effect.proof,
            undo: step.undo,
          },
        }
      : {}),
    ...(step.kind === 'call' ? { calls: step.runbook } : {}),
    ...(step.kind === 'end' ? { result: step.result } : {}),
  };
}
