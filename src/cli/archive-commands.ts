import type { Command } from "commander";
import type { HoldAddFlags, HoldFlags, HoldReleaseFlags } from "./commands/archive-hold.ts";
import type { PurgeFlags } from "./commands/archive-purge.ts";

type Exit = (code: number) => void;

/** The subcommands of `archive`. */
export function addArchiveCommands(program: Command, withSettings: (command: Command) => Command, exit: Exit): void {
  const archive = program.command("archive").description("the copies of what arrived: sealed, verified, held, purged");
  withSettings(archive.command("purge").description("what has expired by the rules of archive.retention, and what is kept back and why"))
    .option("--apply", "remove it; else nothing is written")
    .option("--by <name>", "who does it (default: the user that calls)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: PurgeFlags) => exit(await (await import("./commands/archive-purge.ts")).archivePurge(flags)));
  addHoldCommands(archive.command("hold").description("legal holds: what they are about is not removed, whatever the rules say"), withSettings, exit);
}

function addHoldCommands(hold: Command, withSettings: (command: Command) => Command, exit: Exit): void {
  withSettings(hold.command("add").description("put records on hold: of a caller, a session, the gateway --instance, a time"))
    .option("--caller <login>", "a login, or tags joined by commas")
    .option("--session <id>", "as recorded")
    .option("--from <time>", "first day, YYYY-MM-DD in UTC, or a moment (RFC 3339)")
    .option("--to <time>", "last day, or the moment before which")
    .requiredOption("--reason <text>", "why; kept with the hold")
    .option("--by <name>", "who does it (default: the user that calls)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: HoldAddFlags, command: Command) => {
      // A gateway that only the environment names is a setting: the hold would be over less than was asked for.
      const gateway = command.getOptionValueSource("instance") === "cli" ? flags.instance : undefined;
      exit(await (await import("./commands/archive-hold.ts")).holdAdd({ ...flags, ...(gateway !== undefined && { gateway }) }));
    });
  withSettings(hold.command("list").description("every hold there is or was"))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: HoldFlags) => exit(await (await import("./commands/archive-hold.ts")).holdList(flags)));
  withSettings(hold.command("release <id>").description("end a hold"))
    .requiredOption("--reason <text>", "why; kept with the release")
    .option("--by <name>", "who does it (default: the user that calls)")
    .option("--json", "one JSON object on stdout")
    .action(async (id: string, flags: HoldReleaseFlags) => exit(await (await import("./commands/archive-hold.ts")).holdRelease(id, flags)));
}
