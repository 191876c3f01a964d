import type { Command } from "commander";
import type { KeysFlags } from "./commands/archive-keys.ts";
import type { RotateFlags } from "./commands/archive-keys-rotate.ts";
import type { SettingFlags } from "./settings.ts";

type Exit = (code: number) => void;

/** The subcommands of `archive`. */
export function addArchiveCommands(program: Command, withSettings: (command: Command) => Command, exit: Exit): void {
  const archive = program.command("archive").description("the copies of what arrived: sealed, verified, held, purged");
  withSettings(archive.command("seal").description("make today's digests: what was added, chained and signed"))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: SettingFlags & { json?: boolean }) => exit(await (await import("./commands/archive-seal.ts")).sealNow(flags)));
  const keys = withSettings(archive.command("keys").description("make the pair of keys that digests are signed and checked with").enablePositionalOptions())
    .option("--out <dir>", "folder for the pair", ".")
    .option("--show", "show the public key of the configured one instead")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: KeysFlags) => exit(await (await import("./commands/archive-keys.ts")).archiveKeys(flags)));
  withSettings(keys.command("rotate").description("record that the configured key is followed by another"))
    .requiredOption("--new <file>", "the new private key")
    .option("--by <name>", "who rotates (default: whoever is logged in)")
    .option("--json", "one JSON object on stdout")
    .action(async (_flags, command: Command) => exit(await (await import("./commands/archive-keys-rotate.ts")).rotateKeys(command.optsWithGlobals<RotateFlags>())));
}
