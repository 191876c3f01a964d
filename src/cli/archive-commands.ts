import { type Command, InvalidArgumentError, Option } from "commander";
import type { ArchiveVerifyFlags } from "./commands/archive-verify.ts";

type Exit = (code: number) => void;

/** The subcommands of `archive`. */
export function addArchiveCommands(program: Command, _withSettings: (command: Command) => Command, exit: Exit): void {
  const archive = program.command("archive").description("the copies of what arrived: sealed, verified, held, purged");
  addVerify(archive, exit);
}

/** It takes no settings of sources: an auditor has none. */
function addVerify(archive: Command, exit: Exit): void {
  archive
    .command("verify")
    .description("prove from the archive and the public key alone that nothing is missing or altered")
    .addOption(new Option("--config <file>", "configuration file (default: aperture-ledger.yaml, if there is one)").env("APERTURE_LEDGER_CONFIG"))
    .addOption(new Option("--lake <url>", "where the ledger is kept: its tables are compared as well").env("APERTURE_LEDGER_LAKE"))
    .option("--archive <url>", "where the copies are (default: archive.url, else the lake)")
    .option("--public-key <file>", "the key that is trusted (default: archive.public_key, else the signing key's own)")
    .addOption(new Option("--sample <n>", "read the bytes of that many exports only; all else is checked").argParser(readWhole))
    .option("--seed <text>", "chooses the sample (default: hash of the newest digest)")
    .option("--head <sha256>", "hash of a digest that was noted: the chain has to contain it")
    .option("--instance <name>", "of this gateway only")
    .option("--report <file>", "write the report as JSON as well")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ArchiveVerifyFlags) => exit(await (await import("./commands/archive-verify.ts")).archiveVerify(flags)));
}

function readWhole(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("it has to be a whole number.");
}
