import * as fc from 'fast-check';

/** Looks for a case that breaks a property; the report of the smallest one, or `undefined` where none was found. */
export function counterexample<Ts>(property: fc.IProperty<Ts>, numRuns = 100): string | undefined {
  const report = fc.check(property, { numRuns });
  return report.failed ? (fc.defaultReportMessage(report) ?? 'it failed') : undefined;
}

/** Text of any code units at all: control characters, halves of surrogate pairs, replacement characters. */
export const codeUnits = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0x80, max: 0xff_ff })), {
      maxLength,
    })
    .map((units) => String.fromCharCode(...units));
