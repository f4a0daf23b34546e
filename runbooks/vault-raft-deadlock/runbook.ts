import { book } from './book.ts';
import { choosing } from './steps/choosing.ts';
import { diagnosis } from './steps/diagnosis.ts';
import { ends } from './steps/ends.ts';
import { node } from './steps/node.ts';
import { proof } from './steps/proof.ts';
import { recovery } from './steps/recovery.ts';
import { removal } from './steps/removal.ts';

/**
 * The way out of 22 April: a raft leader that hangs while TCP looks healthy, so that nobody elects another. It removes the
 * one pod that stands in the way, once, and only where the others keep the quorum; where the quorum is lost already it
 * brings voters back one at a time. (DOMAIN 2.2 as corrected by COMMANDS A and F.)
 */
export default book
  .steps((step) => ({
    ...diagnosis(step),
    ...choosing(step),
    ...removal(step),
    ...recovery(step),
    ...proof(step),
    ...node(step),
    ...ends(step),
  }))
  .startingAt('reach-api');
