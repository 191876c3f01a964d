import type { Command } from "commander";
import { bashScript } from "../completion/bash-script.ts";
import { completionTree, type CompletedCommand } from "../completion/completion-tree.ts";
import { fishScript } from "../completion/fish-script.ts";
import { zshScript } from "../completion/zsh-script.ts";

const SCRIPTS: Readonly<Record<Shell, (name: string, commands: readonly CompletedCommand[]) => string>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

export type Shell = "bash" | "zsh" | "fish";

/** Prints the script that completes the program's commands in a shell. Resolves to the exit code. */
export function printCompletion(program: Command, shell: Shell): number {
  process.stdout.write(SCRIPTS[shell](program.name(), completionTree(program)));
  return 0;
}
