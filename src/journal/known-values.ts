import type { Range, Rule } from './redaction-rules.ts';

/** A shorter value would be found everywhere, and is no secret. */
export const MIN_KNOWN = 6;

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
const escaped = (text: string, which: RegExp): string =>
  text.replace(which, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The base64 of a value wherever it begins in what was encoded, without the edges that depend on its neighbours. */
function inBase64(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((shift) => {
    const all = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const core = all.slice(
      Math.ceil((shift * 8) / 6),
      Math.floor(((shift + bytes.length) * 8) / 6),
    );
    return core.length < MIN_KNOWN ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** A value as it may stand in output: bare, in JSON (once and twice, as Go, Python and PHP write it), in a URL, in base64. */
function formsOf(value: string): readonly string[] {
  const json = inJson(value);
  return [
    value,
    json,
    inJson(json),
    escaped(json, /[<>&\u2028\u2029]/g),
    escaped(json, /[^\u0020-\u007E]/g),
    json.replaceAll('/', '\\/'),
    encodeURIComponent(value.toWellFormed()),
    ...inBase64(value),
  ];
}

const everywhere = (text: string, form: string): readonly Range[] => {
  const found: Range[] = [];
  for (let start = text.indexOf(form); start >= 0; start = text.indexOf(form, start + 1)) {
    found.push({ start, end: start + form.length, kind: 'known' });
  }
  return found;
};

/** A rule that finds these values in every form. Of a value of several lines, each line is one as well. */
export function knownValues(known: readonly string[]): Rule {
  const values = known
    .flatMap((it) => [it, ...it.split(/\r?\n/)])
    .map((it) => it.trim())
    .filter((it) => it.length >= MIN_KNOWN);
  const forms = [...new Set(values.flatMap(formsOf))];
  if (forms.length === 0) return () => [];
  // One look for all of them is what nearly every text gets: they are many, and each alone is looked for in all of it.
  const any = new RegExp(forms.map((it) => RegExp.escape(it)).join('|'));
  return (text) => (any.test(text) ? forms.flatMap((form) => everywhere(text, form)) : []);
}
