import type { Performer } from '../engine/ports.ts';

/** One performer for every place: local commands go to `local`, those on nodes and hosts to `far`. */
export const route = (to: { readonly local: Performer; readonly far: Performer }): Performer => ({
  perform: (command, signal) =>
    (command.where.on === 'local' ? to.local : to.far).perform(command, signal),
});
