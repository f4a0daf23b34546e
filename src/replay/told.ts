import type { Event, Happening } from '../engine/events.ts';
import type { Next } from '../engine/next.ts';
import { render } from '../runbook/render.ts';

/** One line about what a run did, or would do: for a person who lays the two beside each other. */
export function told(happening: Happening): string {
  switch (happening.type) {
    case 'step.entered':
      return happening.called === undefined
        ? `comes to '${happening.title}'`
        : `calls ${happening.called.runbook}, and comes to '${happening.title}'`;
    case 'step.waiting':
      return `looks again at ${time(happening.until)}: ${happening.because}`;
    case 'step.concluded':
      return `${happening.outcome}, on to ${happening.to === '' ? 'the end' : `'${happening.to}'`}: ${happening.because}`;
    case 'guard.judged':
      return `guard '${happening.guard}': ${happening.verdict}: ${happening.because}`;
    case 'blast.measured':
      return `measures what it breaks: ${happening.counts.map(({ count, what }) => `${count} × ${what}`).join(', ') || 'nothing'}`;
    case 'drift.judged':
      return `looks whether it is still as it was, ${happening.gate} the confirmation: ${happening.drift}`;
    case 'action.planned':
      return `plans '${happening.card.title}' on ${happening.card.target.name}`;
    case 'confirmation.asked':
      return `asks to confirm '${happening.card.title}' on ${happening.card.target.name}`;
    case 'intent.written':
      return `is about to send \`${happening.argv}\``;
    case 'effect.judged':
      return `judges the effect: ${happening.effect}: ${happening.because}`;
    case 'operator.asked':
      return `asks the operator: ${'question' in happening.question ? happening.question.question : happening.question.title}`;
    case 'run.finished':
      return `ends '${happening.result}': ${happening.because}`;
    case 'command.started':
      return `runs \`${happening.argv}\``;
    case 'command.finished':
      return `has the answer of '${happening.key}'`;
    case 'confirmation.answered':
    case 'operator.answered':
      return `is answered '${happening.answer}'`;
    case 'operator.noted':
    case 'run.started':
    case 'run.resumed':
    case 'run.interrupted':
    case 'lock.judged':
      return happening.type;
  }
}

/** The same of what is to be done next. */
export function toldNext(next: Next): string {
  switch (next.do) {
    case 'record':
      return told(next.happening);
    case 'run':
      return next.due.map(({ command }) => `runs \`${render(command).line}\``).join('; ');
    case 'confirm':
      return `waits for the confirmation of '${next.card.title}'`;
    case 'question':
      return `waits for the operator's answer`;
    case 'wait':
      return `waits until ${time(new Date(next.until).toISOString())}`;
    case 'nothing':
      return 'does nothing more';
  }
}

const time = (iso: string): string => `${iso.slice(11, 19)} UTC`;

/** An event without what the loop stamps on it. */
export function happeningOf(event: Event): Happening {
  const { run: _run, seq: _seq, at: _at, ...happening } = event;
  return happening;
}
