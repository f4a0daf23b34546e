import { everyMomentOf } from './every-moment.ts';

everyMomentOf('nfs-csi-recovery');
