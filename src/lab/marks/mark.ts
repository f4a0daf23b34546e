/**
 * What a recording is called: its path under `test/fixtures` in the sources, `COMPONENT/VERSION/NAME`. The installed lab
 * has the name alone; that the file is there, and says what the lab says, is for the tests to hold.
 */
export type RecordingId =
  `${'kubectl' | 'kube-apiserver' | 'vault' | 'linux' | 'openssh' | 'tools'}/${string}/${string}`;

/** What a behaviour of the lab rests on. */
export type Mark =
  /** The real component was asked the same, and the lab's answer is compared with what it printed. */
  | { readonly is: 'recorded'; readonly in: readonly [RecordingId, ...RecordingId[]] }
  /** Nobody saw the real component do it: why not, and where it was taken from. */
  | { readonly is: 'assumed'; readonly because: string; readonly source: string };

/** Something that the lab does: an answer in a state of its world, or what becomes of the world. */
export interface Behaviour {
  /** In a few words for a person. */
  readonly does: string;
  readonly mark: Mark;
}

/** A table of behaviours by id. */
export type Behaviours = Readonly<Record<string, Behaviour>>;

/** A behaviour that the real component showed. */
export const recorded = (
  does: string,
  ...names: readonly [RecordingId, ...RecordingId[]]
): Behaviour => ({ does, mark: { is: 'recorded', in: names } });

/** One that nobody saw. */
export const assumed = (does: string, because: string, source: string): Behaviour => ({
  does,
  mark: { is: 'assumed', because, source },
});
