import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toText } from '../../src/terminal/layout.ts';
import { penFor } from '../../src/terminal/pen.ts';
import { questionLines } from '../../src/terminal/question.ts';

const pen = penFor({ columns: 80, ascii: false, everything: false });
const byHand = (where: string, line: string): readonly string[] =>
  questionLines(
    { about: 'manual', title: 'Cordon', instructions: [], commands: [{ where, line }] },
    pen,
  ).map(toText);

test('what is to be run by hand is one line, however long, with nothing of ours before it', () => {
  const line = `kubectl patch node k8s-node2 -p '${'{"op":"test"},'.repeat(300)}'`;
  expect(byHand('node k8s-node2', line)).toEqual(['       run this on node k8s-node2:', line]);
});

test('what is typed to a command keeps its lines, and moves no cursor', () => {
  const line = "printf %s 'a\u001B[2J\nb' | cat";
  expect(byHand('here', line)).toEqual(['       run this here:', "printf %s 'a", "b' | cat"]);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const it of byHand('here', text)) expect(it).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
  );
});
