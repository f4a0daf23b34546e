import { everyMomentOf } from './every-moment.ts';

everyMomentOf('kernel-nfs-reset');
