import { Command, type Option } from "commander";
import { EXAMPLES } from "../../../src/cli/examples.ts";
import { EXIT_CODES, type ExitCodes, exitCodesOf } from "../../../src/cli/exit-codes.ts";
import { buildProgram, withSettings } from "../../../src/cli/program.ts";

const INTRODUCTION = `# Command reference

Every command, its flags, and the exit codes that are its own. Results are on stdout (with \`--json\`: one JSON object), the log is on stderr.
From a checkout the command is \`npm run -s ledger --\` instead of \`aperture-ledger\`.

This page is generated from the program itself, by \`npm run references\`.
`;

const SETTINGS_INTRODUCTION = `## Settings

Commands that open a ledger take these flags. Each overrides the same key of the [configuration file](configuration.md); an environment
variable overrides the file as well, and a flag overrides the variable. \`--config\` may stand anywhere in a call, also before the command's name;
commands that read no configuration take it and ignore it, except \`init\`, which refuses it.
`;

/** The page as Markdown. */
export function commandsPage(): string {
  const settings = withSettings(new Command()).options;
  const shared = new Set(settings.map(({ long }) => long ?? ""));
  const commands = listCommands(buildProgram(() => undefined, () => new Date(0))).map((command) => renderCommand(command, shared));
  return [INTRODUCTION, "## Exit codes\n", renderExitCodes(EXIT_CODES), SETTINGS_INTRODUCTION, renderOptions(settings), ...commands].join("\n");
}

/** Those that do something, those within others after them. */
function listCommands(parent: Command): Command[] {
  return parent.createHelp().visibleCommands(parent).filter((command) => command.name() !== "help").flatMap((command) => {
    const below = listCommands(command);
    return below.length > 0 && command.options.length === 0 ? below : [command, ...below];
  });
}

function renderCommand(command: Command, shared: ReadonlySet<string>): string {
  const visible = command.options.filter(({ hidden }) => !hidden);
  const own = visible.filter(({ long }) => !shared.has(long ?? ""));
  const takesSettings = visible.length - own.length === shared.size;
  const listed = takesSettings ? own : visible;
  const codes = exitCodesOf(command);
  return [
    `## ${pathOf(command)}\n`,
    `${sentence(command.description())}\n`,
    `    ${usageOf(command)}\n`,
    `Such as:\n\n\`\`\`sh\n${(EXAMPLES[pathOf(command)] ?? []).map((words) => `aperture-ledger ${words}`).join("\n")}\n\`\`\`\n`,
    ...(listed.length === 0 ? [] : [renderOptions(listed)]),
    ...(takesSettings ? ["It takes the flags of the [settings](#settings) as well.\n"] : []),
    ...(Object.keys(codes).length === 0 ? [] : [renderExitCodes(codes)]),
  ].join("\n");
}

function pathOf(command: Command): string {
  const above = command.parent === null || command.parent.parent === null ? "" : `${pathOf(command.parent)} `;
  return `${above}${command.name()}`;
}

function usageOf(command: Command): string {
  const values = command.registeredArguments.map((argument) => ` <${argument.name()}>`).join("");
  const required = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => ` ${flags}`).join("");
  return `aperture-ledger ${pathOf(command)}${values}${required}`;
}

function renderOptions(options: readonly Option[]): string {
  return ["| flag | default | meaning | environment |\n|---|---|---|---|", ...options.map(renderOption), ""].join("\n");
}

function renderOption({ flags, description, defaultValue, mandatory, envVar, argChoices }: Option): string {
  const [, meaning = description, said] = /^(.*) \(default: (.*)\)$/.exec(description) ?? [];
  const fallback = mandatory ? "required" : (said ?? (defaultValue === undefined ? "" : `\`${String(defaultValue)}\``));
  const choices = argChoices === undefined ? "" : ` One of ${argChoices.map((choice) => `\`${choice}\``).join(", ")}.`;
  return `| ${[`\`${flags}\``, fallback, `${sentence(meaning)}${choices}`, envVar === undefined ? "" : `\`${envVar}\``].map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}

function renderExitCodes(codes: ExitCodes): string {
  return ["| exit code | |\n|---|---|", ...Object.entries(codes).map(([code, meaning]) => `| ${code} | ${meaning} |`), ""].join("\n");
}

function sentence(text: string): string {
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
