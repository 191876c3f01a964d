import type { Command } from "commander";
import { buildProgram } from "../../src/cli/program.ts";
import { commandsIn, pathOf } from "../../src/cli/shared-options.ts";

/** What the real program understands from words, without doing it. */
export interface DryCall {
  /** The words of the command that it would run; undefined where it shows a help or nothing. */
  path: string | undefined;
  options: Record<string, unknown>;
  /** Why it refuses; undefined where it does not. */
  error: string | undefined;
}

export function theProgram(): Command {
  return buildProgram(() => undefined, () => new Date(0));
}

/** Parses a call with the real program, in which every command does nothing. */
export async function callDry(words: readonly string[]): Promise<DryCall> {
  const program = theProgram();
  const call: DryCall = { path: undefined, options: {}, error: undefined };
  for (const command of commandsIn(program)) {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    if (command.commands.length > 0 && command.options.every(({ long }) => long === "--config" || long === "--version")) continue;
    command.action(() => {
      call.path = pathOf(command);
      call.options = command.opts();
    });
  }
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof Error && "exitCode" in error && error.exitCode === 0) return call;
    call.error = error instanceof Error ? error.message : String(error);
  }
  return call;
}

/** The words of a call in a shell, up to a pipe, a redirection or a comment; placeholders stay as they are. */
export function wordsOf(line: string): string[] {
  const [call = ""] = line.split(/ (?:[|>#&]|2>|\\$|<\()/);
  return [...call.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? "");
}
