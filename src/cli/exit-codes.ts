import type { Command } from "commander";

export type ExitCodes = Readonly<Record<number, string>>;

/** Exit codes of every command. */
export const EXIT_CODES: ExitCodes = {
  0: "done",
  1: "failed",
  2: "a mistake in the call or the configuration; nothing was changed",
  130: "ended by SIGINT",
  143: "ended by SIGTERM",
};

const ownCodes = new WeakMap<Command, ExitCodes>();

/** Adds a command's own exit codes, which the command reference prints. */
export function exitsWith(command: Command, codes: ExitCodes): Command {
  ownCodes.set(command, codes);
  return command;
}

export function exitCodesOf(command: Command): ExitCodes {
  return ownCodes.get(command) ?? {};
}
