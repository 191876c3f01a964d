import type { Command, Option } from "commander";
import { commandsIn, pathOf } from "../shared-options.ts";

/** What follows an option: nothing, one of some words, a file, or a text that nobody can list. */
export type ValueKind = { kind: "none" } | { kind: "words"; words: readonly string[] } | { kind: "file" } | { kind: "text" };

export interface CompletedOption {
  /** `--month` */
  name: string;
  description: string;
  value: ValueKind;
}

export interface CompletedCommand {
  /** The words that call it: `archive hold add`, or empty for the program. */
  path: string;
  subcommands: readonly { name: string; description: string }[];
  options: readonly CompletedOption[];
  /** The words that its first argument may be. */
  words: readonly string[];
}

/** Placeholders of values that are files or folders. */
const FILES = /<(?:file|dir)(?:\.\.\.)?>/;
const MONTHS = ["last", "this"];

/** Everything that can be completed, from the program itself: visible commands, options, and the choices of values. */
export function completionTree(program: Command): CompletedCommand[] {
  return commandsIn(program).filter(isVisible).map((command) => {
    const help = command.createHelp();
    return {
      path: pathOf(command),
      subcommands: help.visibleCommands(command).filter((one) => one.name() !== "help").map((one) => ({ name: one.name(), description: one.description() })),
      // The settings of the program are those of any command, so they can be given anywhere.
      options: help.visibleOptions(command).filter(({ long }) => long !== undefined && long !== null).map(completedOption),
      words: command.registeredArguments[0]?.argChoices ?? [],
    };
  });
}

/** A hidden command, and what is below it, is not offered. */
function isVisible(command: Command): boolean {
  const { parent } = command;
  return parent === null || (isVisible(parent) && parent.createHelp().visibleCommands(parent).includes(command));
}

function completedOption(option: Option): CompletedOption {
  return { name: option.long ?? "", description: option.description, value: valueOf(option) };
}

function valueOf({ flags, argChoices, required }: Option): ValueKind {
  if (!required) return { kind: "none" };
  if (argChoices !== undefined) return { kind: "words", words: argChoices };
  if (flags.includes("<month>")) return { kind: "words", words: MONTHS };
  return FILES.test(flags) ? { kind: "file" } : { kind: "text" };
}
