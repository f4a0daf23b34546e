import { everyMomentOf } from './every-moment.ts';

everyMomentOf('vault-raft-deadlock');
