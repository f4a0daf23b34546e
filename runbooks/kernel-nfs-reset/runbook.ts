import { book } from './book.ts';
import { diagnosis } from './steps/diagnosis.ts';
import { ends } from './steps/ends.ts';
import { ladder } from './steps/ladder.ts';
import { machine } from './steps/machine.ts';
import { mild } from './steps/mild.ts';
import { powers } from './steps/power.ts';
import { comingBack } from './steps/return.ts';

/**
 * The way out of a node whose kernel makes no new NFS mount: tell its client from the path and the server by a control, climb
 * the ladder from one SIGKILL to a reset of its VM, and call it back only when a fresh mount works and stays so. One node at a
 * time; before each next one everything is looked at again. (DOMAIN 2.3 as corrected by COMMANDS B and D and by REALITY 4.)
 */
export default book
  .steps((step) => ({
    ...diagnosis(step),
    ...ladder(step),
    ...mild(step),
    ...machine(step),
    ...powers(step),
    ...comingBack(step),
    ...ends(step),
  }))
  .startingAt('survey');
