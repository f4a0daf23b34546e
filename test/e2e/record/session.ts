import type { CaseId } from '../../recordings/cases.ts';
import { recordCluster } from './record-cluster.ts';
import { recordMachines } from './record-machines.ts';
import { type Asked, Recorder } from './recorder.ts';

/** Starts the real components, asks every question that there is a case for, and stops them: about five minutes. */
export async function askReality(): Promise<ReadonlyMap<CaseId, Asked>> {
  const recorder = new Recorder();
  await recordMachines(recorder);
  await recordCluster(recorder);
  return recorder.all();
}
