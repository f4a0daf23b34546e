import { book } from './book.ts';
import { dependants } from './steps/dependants.ts';
import { diagnosis } from './steps/diagnosis.ts';
import { ends } from './steps/ends.ts';
import { gate } from './steps/gate.ts';
import { lock } from './steps/lock.ts';
import { network } from './steps/network.ts';
import { orphan } from './steps/orphan.ts';
import { others } from './steps/others.ts';
import { proof } from './steps/proof.ts';
import { repair } from './steps/repair.ts';
import { services } from './steps/services.ts';
import { waiting } from './steps/waiting.ts';

/**
 * The way out of 16 March and 17 May: the CSI driver cannot come up because a process that no pod owns holds its port, and
 * every pod with an NFS volume waits. Node by node, the mildest rung first, one healthy node left alone to compare with;
 * then controllers, speakers, the pods that waited, and what depends on them. (DOMAIN 2.1 as corrected by COMMANDS C and F.)
 */
export default book
  .steps((step) => ({
    ...diagnosis(step),
    ...network(step),
    ...gate(step),
    ...orphan(step),
    ...services(step),
    ...repair(step),
    ...others(step),
    ...waiting(step),
    ...dependants(step),
    ...lock(step),
    ...proof(step),
    ...ends(step),
  }))
  .startingAt('reach-api');
