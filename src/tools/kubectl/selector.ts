import { z } from 'zod';

/** One requirement of a selector: `key In (a, b)`. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** A label selector of the API (meta/v1 LabelSelector): all of its labels and all of its requirements hold. */
export interface Selector {
  readonly labels: Readonly<Record<string, string>>;
  readonly expressions: readonly Requirement[];
}

/** An operator that the API does not document is not understood, never skipped: it could pick other pods. */
export const selectorSchema = z.object({
  matchLabels: z.record(z.string(), z.string()).nullish(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});

/** A selector object as the tools promise it. */
export const toSelector = ({
  matchLabels,
  matchExpressions,
}: z.output<typeof selectorSchema>): Selector => ({
  labels: matchLabels ?? {},
  expressions: (matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    operator,
    values: values ?? [],
  })),
});

type Labels = Readonly<Record<string, string>>;

const labelOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const label = labelOf(labels, key);
  switch (operator) {
    case 'In':
      return label !== undefined && values.includes(label);
    case 'NotIn':
      // A label that is not there is in no set: it matches (apimachinery: labels/selector.go, Requirement.Matches).
      return label === undefined || !values.includes(label);
    case 'Exists':
      return label !== undefined;
    case 'DoesNotExist':
      return label === undefined;
  }
}

/** Whether a selector picks an object with these labels; an empty one picks all. */
export const selects = ({ labels, expressions }: Selector, of: Labels): boolean =>
  Object.entries(labels).every(([key, text]) => labelOf(of, key) === text) &&
  expressions.every((requirement) => holds(requirement, of));
