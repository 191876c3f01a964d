import type { Command } from "commander";

type Exit = (code: number) => void;

/** The subcommands of `archive`. */
export function addArchiveCommands(program: Command, _withSettings: (command: Command) => Command, _exit: Exit): void {
  program.command("archive").description("the copies of what arrived: sealed, verified, held, purged");
}
