import type { Command } from "commander";
import type { EraseFlags } from "./commands/archive-erase.ts";

type Exit = (code: number) => void;

/** The subcommands of `archive`. */
export function addArchiveCommands(program: Command, withSettings: (command: Command) => Command, exit: Exit): void {
  const archive = program.command("archive").description("the copies of what arrived: sealed, verified, held, purged");
  withSettings(archive.command("erase").description("replace a caller by a pseudonym and drop what the caller said; sums stay"))
    .requiredOption("--caller <login>", "a person's login")
    .requiredOption("--reason <text>", "why, for the chain; without the login")
    .option("--by <name>", "who erases (default: whoever is logged in)")
    .option("--apply", "do it; else it is only said what would be done")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: EraseFlags) => exit(await (await import("./commands/archive-erase.ts")).eraseFromArchive(flags)));
}
