import { type Command, Help, Option } from "commander";
import { LedgerError } from "../ledger/errors.ts";
import { EXAMPLES } from "./examples.ts";
import { present, type Presentation } from "./presentation.ts";

/** Commands whose results are lists, by their words. */
const LISTING: ReadonlySet<string> = new Set([
  "doctor", "status", "run", "chargeback", "chargeback diff", "deliver", "reconcile", "explain", "access", "limits", "limits quotas", "prices check", "alerts", "journal",
  "archive verify", "archive copy", "archive verify-proof", "archive search", "archive extract", "archive due", "archive purge", "archive hold list", "archive erase",
]);

/** Commands whose results contain amounts of money. */
const PRICED: ReadonlySet<string> = new Set([
  "status", "run", "chargeback", "chargeback diff", "reconcile", "explain", "limits", "limits quotas", "limits what-if", "prices check", "simulate",
]);

const SETTINGS_TITLE = "Settings, each overriding the configuration file:";
const OUTPUT_TITLE = "Output:";
/** The command's own flags come first, and what every command has comes last. */
const LAST_TITLES: readonly string[] = [OUTPUT_TITLE, SETTINGS_TITLE];

const HELP: Partial<Help> = {
  minWidthToWrap: 20,
  groupItems(unsorted, visible, titleOf) {
    const groups = new Help().groupItems(unsorted, visible, titleOf);
    return new Map([...groups].sort(([a], [b]) => LAST_TITLES.indexOf(a) - LAST_TITLES.indexOf(b)));
  },
};

/** Flags that say how a result is printed. */
const OUTPUT: ReadonlySet<string> = new Set(["--json", "--all", "--exact"]);
const CONFIG = "--config <file>";

/** Only `init` would be expected to write to it. */
const WRITES_CONFIG = "init";

/**
 * Gives every command what all of them have: `--config`, before or after the command's name, examples in the help, and the flags that say how a
 * result is printed.
 * @param settings long names of the flags that override the configuration
 */
export function shareOptions(program: Command, settings: ReadonlySet<string>): void {
  program.addOption(new Option(CONFIG, "configuration file, for any command"));
  for (const command of commandsIn(program)) {
    const path = pathOf(command);
    if (command.commands.length > 0) command.enablePositionalOptions();
    if (LISTING.has(path)) command.option("--all", "print lists to their end");
    if (PRICED.has(path)) command.option("--exact", "print amounts with all nine decimals instead of two");
    if (!command.options.some(({ long }) => long === "--config")) command.addOption(new Option(CONFIG).hideHelp());
    groupOptions(command, settings);
    command.configureHelp(HELP);
    command.addHelpText("after", () => helpOfExamples(path));
  }
  program.hook("preAction", (_, command) => {
    inherit(command);
    if (command.name() === WRITES_CONFIG && command.getOptionValueSource("config") === "cli") {
      throw new LedgerError("usage", "init reads no configuration file: --config names the one that other commands read", { remedy: "name the file to write with --out" });
    }
    present(command.opts<Partial<Presentation>>());
  });
}

/** A command and everything below it, but not the help that commander adds. */
export function commandsIn(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsIn)];
}

/** The words that call a command, without the program's name: `archive hold add`, or empty for the program. */
export function pathOf(command: Command): string {
  return command.parent === null ? "" : `${pathOf(command.parent)} ${command.name()}`.trim();
}

/** Settings and flags about the output have headings of their own. */
function groupOptions(command: Command, settings: ReadonlySet<string>): void {
  for (const option of command.options) {
    const { long = "" } = option;
    if (settings.has(long) && command.parent !== null) option.helpGroup(SETTINGS_TITLE);
    else if (OUTPUT.has(long)) option.helpGroup(OUTPUT_TITLE);
  }
}

function helpOfExamples(path: string): string {
  const examples = EXAMPLES[path] ?? [];
  return `\nExamples:\n${examples.map((words) => `  aperture-ledger ${words}`).join("\n")}`;
}

/** A flag that stands before the name of a subcommand holds for it, unless it stands after it as well. */
function inherit(command: Command): void {
  const taken = new Set(command.options.map((option) => option.attributeName()).filter((name) => command.getOptionValueSource(name) === "cli"));
  for (let above = command.parent; above !== null; above = above.parent) {
    for (const option of above.options) {
      const name = option.attributeName();
      if (taken.has(name) || above.getOptionValueSource(name) !== "cli" || !command.options.some((own) => own.attributeName() === name)) continue;
      taken.add(name);
      command.setOptionValueWithSource(name, above.getOptionValue(name), "cli");
    }
  }
}
