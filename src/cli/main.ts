import { Command, CommanderError, Option } from 'commander';
import type { Format } from './report-command.ts';
import { version } from './version.ts';

/**
 * The command line. Only commander and this file are loaded before it is known what is asked; each command brings the rest
 * by itself, so that `--version` and `list` answer at once.
 */
function program(): Command {
  const sre = new Command('sre')
    .description(
      'Walks an operator through an incident: looks, asks, does it once, proves that it worked.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showHelpAfterError('(sre --help shows what there is)')
    .exitOverride();

  sre
    .command('runbook')
    .description('run a runbook, step by step')
    .argument('<id>', 'which one; `sre list` shows them')
    .option('--lab [scenario]', 'in the lab: a simulated cluster with this incident')
    .addOption(
      new Option(
        '--operator <who>',
        'who decides in the lab: you, or auto (the default without a terminal)',
      ).choices(['you', 'auto']),
    )
    .option('--seed <number>', 'the seed of the lab', '1')
    .option(
      '--dry-run',
      'look for real and change nothing: what would be done, and what is predicted',
    )
    .option('--offline', 'run nothing at all: print the graph with its commands')
    .option(
      '--set <key=value>',
      'set a parameter; may be repeated',
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option(
      '--inventory <file>',
      'the inventory; by default ./sre.yaml or $XDG_CONFIG_HOME/sre/sre.yaml',
    )
    .option('--ssh-config <file>', 'use this file instead of ~/.ssh/config')
    .option('--out <file>', 'save the plan that --dry-run makes, with its digest')
    .option('--plan <file>', 'hold the run to that plan: what is not as planned stops it')
    .option(
      '--approve <step=target>',
      'with --plan: approve this step on this target, once, without a terminal; may be repeated',
      (text: string, all: readonly string[]) => [...all, text],
      [],
    )
    .option('--manual', 'print each command and take its output from you')
    .option(
      '--take-over <reason>',
      'take over the lock of a run that gives no heartbeat any more, and why',
    )
    .option('--plain', 'append-only lines instead of the guided screen')
    .option('--json', 'one event per line on standard output')
    .action(async (id: string, options: Record<string, unknown>) => {
      const { runbookCommand } = await import('./runbook-command.ts');
      process.exitCode = await runbookCommand(id, options);
    });

  sre
    .command('list')
    .description('list the runbooks, or the incidents of the lab')
    .option('--lab', "the lab's incidents instead")
    .option('--json', 'one per line, as JSON')
    .action(async ({ lab, json }: { lab?: true; json?: true }) => {
      const { incidents, listCommand } = await import('./list-command.ts');
      if (lab !== true) {
        process.stdout.write(listCommand(json === true));
        return;
      }
      const { scenarios } = await import('../lab/index.ts');
      process.stdout.write(incidents(scenarios, json === true));
    });

  sre
    .command('show')
    .description('one runbook in words, with every command')
    .argument('<id>', 'which one; `sre list` shows them')
    .option('--json', 'as JSON')
    .action(async (id: string, options: { json?: true }) => {
      const { showCommand } = await import('./show-command.ts');
      process.stdout.write(await showCommand(id, options.json === true));
    });

  sre
    .command('runs')
    .description('list the runs: state, age, and where each would go on')
    .option('--json', 'one per line, as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { runsCommand } = await import('./runs-command.ts');
      process.stdout.write(await runsCommand(json === true));
    });

  sre
    .command('resume')
    .description('go on with a run where it was stopped; nothing is issued twice')
    .argument('[run]', 'its id, or a beginning or an end of it; by default the newest open one')
    .addOption(
      new Option(
        '--operator <who>',
        'who decides in the lab: you, or auto (the default without a terminal)',
      ).choices(['you', 'auto']),
    )
    .option(
      '--despite <reason>',
      'go on although runbook, inventory or journal are not as they were, and why',
    )
    .option(
      '--inventory <file>',
      'the inventory; by default ./sre.yaml or $XDG_CONFIG_HOME/sre/sre.yaml',
    )
    .option('--ssh-config <file>', 'use this file instead of ~/.ssh/config')
    .option('--manual', 'print each command and take its output from you')
    .option(
      '--take-over <reason>',
      'take over the lock of a run that gives no heartbeat any more, and why',
    )
    .option('--plain', 'append-only lines instead of the guided screen')
    .option('--json', 'one event per line on standard output')
    .action(async (run: string | undefined, options: Record<string, unknown>) => {
      const { resumeCommand } = await import('./resume-command.ts');
      process.exitCode = await resumeCommand(run, options);
    });

  sre
    .command('note')
    .description('write a note into the journal of a run, also while it runs')
    .argument('<words...>', 'the note')
    .option('--run <run>', 'its id, or a beginning or an end of it; by default the newest')
    .action(async (words: readonly string[], { run }: { run?: string }) => {
      const { noteCommand } = await import('./note-command.ts');
      process.stdout.write(await noteCommand(run, words.join(' ')));
    });

  sre
    .command('report')
    .description('the draft of a post-mortem, from the journal of a run')
    .argument('[run]', 'its id, or a beginning or an end of it; by default the newest')
    .addOption(
      new Option('--format <format>', 'as the post-mortem, as the report-writer has it, or as data')
        .choices(['post-mortem', 'report-writer', 'json'])
        .default('post-mortem'),
    )
    .option(
      '--out <path>',
      'into this new file, or into this folder; by default to standard output',
    )
    .action(async (run: string | undefined, options: { format: Format; out?: string }) => {
      const { reportCommand } = await import('./report-command.ts');
      process.stdout.write(await reportCommand(run, options));
    });

  sre
    .command('replay')
    .description("lay a run beside today's runbook: where would it go another way?")
    .argument('[run]', 'its id, or a beginning or an end of it; by default the newest')
    .option('--json', 'one difference per line, as JSON, and a summary')
    .action(async (run: string | undefined, { json }: { json?: true }) => {
      const { replayCommand } = await import('./replay-command.ts');
      const columns = process.stdout.isTTY ? process.stdout.columns : 100;
      const { text, exitCode } = await replayCommand(run, json === true, columns);
      process.stdout.write(text);
      process.exitCode = exitCode;
    });

  const lab = sre.command('lab').description('about the simulated cluster');
  lab
    .command('coverage')
    .description(
      'what each behaviour of the lab rests on: recorded from the real component, or assumed',
    )
    .option('--json', 'one behaviour per line, as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { labCoverageCommand } = await import('./lab-coverage-command.ts');
      const columns = process.stdout.isTTY ? process.stdout.columns : 100;
      process.stdout.write(labCoverageCommand(json === true, columns));
    });

  return sre;
}

/** Usage errors were explained by commander already; it asks for exit code 1, and ours for usage is 2. */
async function main(): Promise<void> {
  try {
    await program().parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const { explain } = await import('./explain.ts');
    process.exitCode = explain(error, process.stderr);
  }
}

// Whoever reads us may go away (a closed pipe, a lost terminal): that must not end a run in the middle of an action.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

await main();
