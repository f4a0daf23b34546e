import { booted, changeVm } from '../power.ts';
import { started, stopped } from '../qm.ts';
import type { Vm, World } from '../world.ts';
import type { Rule, Wanted } from './rule.ts';

/** Machines as time goes on: a guest boots, HA does what it was asked for (COMMANDS D.1, D.3). */

/** A boot takes 25 to 60 s until SSH answers (REALITY 3, 5; DOMAIN 2.4). */
export const booting: Rule = {
  wants: (world) =>
    world.nodes
      .filter((node) => node.power === 'booting')
      .map((node) => ({
        key: `boot:${node.name}:${node.boots}`,
        after: [25_000, 60_000],
        deed: booted(node.name),
      })),
};

const fulfil =
  (vmid: number, wish: NonNullable<Vm['haAsked']>) =>
  (world: World): World => {
    const vm = world.vms.find((it) => it.vmid === vmid);
    if (vm === undefined) return world;
    const { haAsked: _, ...rest } = vm;
    const asked = changeVm(world, vmid, () => rest);
    if (wish === 'stopped') return vm.qmp === 'stopped' ? asked : stopped(asked, rest);
    return vm.qmp === 'stopped' ? started(asked, rest) : asked;
  };

/** The HA manager comes round every 10 s or so: a stop or a start through it is a wish (COMMANDS D.1). */
export const highAvailability: Rule = {
  wants: (world) =>
    world.vms.flatMap(({ vmid, haAsked }): readonly Wanted[] =>
      haAsked === undefined
        ? []
        : [
            {
              key: `ha:${vmid}:${haAsked}`,
              after: [8_000, 25_000],
              deed: fulfil(vmid, haAsked),
            },
          ],
    ),
};
