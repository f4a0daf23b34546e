import type { LabNode } from './lab-node.ts';
import { NODE_FOLDER } from './node-boot.ts';
import { addStandIn } from './stand-in.ts';

/** A unit of a node's service manager. Real: its main process, with the name of the unit as comm. */
export interface NodeUnit {
  mainPid(): Promise<number>;
  /** How often somebody asked to start or restart it, the suite included. */
  starts(): Promise<number>;
}

/** Starts a unit on a node, which gets a stand-in for `systemctl` for it; it goes with the node. */
export async function addUnit(node: LabNode, name: 'kubelet' | 'containerd'): Promise<NodeUnit> {
  await addStandIn(node, 'systemctl');
  await node.run(`${NODE_FOLDER}/bin/systemctl start ${name}`);
  const units = `${NODE_FOLDER}/units`;
  return {
    mainPid: async () => Number((await node.read(`${units}/${name}`)).split(' ')[0]),
    starts: async () => {
      const calls = (await node.read(`${units}/.calls`)).split('\n');
      return calls.filter((line) => line === name).length;
    },
  };
}
