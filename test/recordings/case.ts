import type { Command } from '../../src/runbook/command.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { World } from '../../src/lab/index.ts';
import type { Bench } from '../lab/bench.ts';

/** Whom the questions are about: the same names with the real components, in the lab, and to the parsers of a recording. */
export interface Subject {
  readonly site: Site;
  readonly pod: (name: string) => {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly address: string;
  };
  readonly node: (name: string) => { readonly name: string; readonly uid: string };
  /** The version of the run's Lease as it was last read. */
  readonly leaseVersion: string;
  /** The number under which the run lock of the host was last taken. */
  readonly lockNumber: number;
  /** The process that the question is about. */
  readonly task: {
    readonly node: string;
    readonly pid: number;
    readonly startTicks: number;
    readonly comm: string;
  };
  /** A pod on the node of that process; its volume is mounted there. */
  readonly podUid: string;
  readonly volume: string;
}

/** The same state of the world in the lab. */
export interface InLab {
  readonly scenario: string;
  /** What is different from it. */
  readonly world?: (world: World) => World;
  /** What has to happen first. */
  readonly before?: (on: Bench, subject: Subject) => Promise<void>;
  /** The lab draws by chance how it fails: asked again, a second later, until it says this. */
  readonly until?: RegExp;
  /** Keys of its bodies that the suite's objects lack, each with the reason. */
  readonly more?: Readonly<Record<string, string>>;
}

/** A question of the product in a state of the world. Its name is that of its recording. */
export interface Case {
  /** The state, in words. */
  readonly about: string;
  readonly asks: (it: Subject) => Command<unknown>;
  /** What the product is to understand, as far as it does not differ from day to day. */
  readonly means: object;
  /** What the suite made up. */
  readonly assumed?: string;
  /** The component comes into this state by chance: where it does not, it is not asked, and the older recording stands. */
  readonly byChance?: true;
  /** Asked where kubectl would run it, in the place of the pod: what kubectl adds to it is not recorded. */
  readonly inPod?: true;
  /** Without it, no state of the lab is like this. */
  readonly lab?: InLab;
}

/** The cases of a component by name. */
export type Cases = Readonly<Record<string, Case>>;
