import { type Command, InvalidArgumentError, Option } from "commander";
import { exitsWith } from "./exit-codes.ts";
import type { Clock } from "../ledger/clock.ts";
import type { ArchiveCopyFlags } from "./commands/archive-copy.ts";
import type { EraseFlags } from "./commands/archive-erase.ts";
import type { ArchiveExtractFlags } from "./commands/archive-extract.ts";
import type { HoldAddFlags, HoldFlags, HoldReleaseFlags } from "./commands/archive-hold.ts";
import type { RotateFlags } from "./commands/archive-keys-rotate.ts";
import type { KeysFlags } from "./commands/archive-keys.ts";
import type { PurgeFlags } from "./commands/archive-purge.ts";
import type { DueFlags } from "./commands/archive-due.ts";
import type { VerifyProofFlags } from "./commands/archive-verify-proof.ts";
import type { ArchiveVerifyFlags } from "./commands/archive-verify.ts";
import type { ArchiveSearchFlags } from "./commands/archive-search.ts";
import type { SealFlags } from "./commands/archive-seal.ts";

type Exit = (code: number) => void;
type WithSettings = (command: Command) => Command;

/** The subcommands of `archive`. */
export function addArchiveCommands(program: Command, withSettings: WithSettings, exit: Exit, clock: Clock): void {
  const archive = program.command("archive").description("the archived copies of exports: seal, verify, hold, purge");
  addChainCommands(archive, withSettings, exit, clock);
  addVerifyCommands(archive, exit, clock);
  withSettings(archive.command("due").description("show what falls due by archive.retention in the next days, by month and rule, and what is kept back"))
    .addOption(new Option("--days <n>", "how many days from now").argParser(readWhole).default(90))
    .option("--gateway <name>", "this gateway only")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: DueFlags) => exit(await (await import("./commands/archive-due.ts")).archiveDue(flags, clock)));
  withSettings(archive.command("purge").description("show what has expired by archive.retention, and what is kept back and why"))
    .option("--apply", "remove what has expired; without it nothing is written")
    .option("--clock-is-right", "confirm that this machine's clock is right, although nothing else shows that it is so late; recorded")
    .option("--by <name>", "who does it (default: your login)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: PurgeFlags) => exit(await (await import("./commands/archive-purge.ts")).archivePurge(flags, clock)));
  addHoldCommands(archive.command("hold").description("legal holds: they override the retention rules"), withSettings, exit, clock);
  withSettings(archive.command("erase").description("replace a caller by a pseudonym and drop what the caller said; sums stay unchanged"))
    .requiredOption("--caller <login>", "a person's login")
    .requiredOption("--reason <text>", "why, for the chain; it must not contain the login")
    .option("--by <name>", "who erases (default: your login)")
    .option("--apply", "make the changes; without it the command only shows them")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: EraseFlags) => exit(await (await import("./commands/archive-erase.ts")).eraseFromArchive(flags, clock)));
  addSearchCommand(archive, withSettings, exit, clock);
  addExtractCommand(archive, withSettings, exit, clock);
}

function addChainCommands(archive: Command, withSettings: WithSettings, exit: Exit, clock: Clock): void {
  withSettings(archive.command("seal").description("make today's digests: signed lists of what was added, chained to the ones before"))
    .option("--accept <key...>", "list these objects although no trusted key vouches for them; recorded and reported for ever")
    .option("--annul-after <day>", "annul the digests of days after this one (2026-11-29), made while the clock was ahead; recorded and reported for ever")
    .option("--clock-is-right", "confirm that this machine's clock is right, although nothing else shows that it is so late; recorded")
    .option("--reason <text>", "why they are listed or annulled; kept with them")
    .option("--by <name>", "who answers for them (default: your login)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: SealFlags) => exit(await (await import("./commands/archive-seal.ts")).sealNow(flags, clock)));
  const keys = withSettings(archive.command("keys").description("make the key pair that signs and checks digests"))
    .option("--out <dir>", "folder for the pair (default: aperture-ledger in XDG_CONFIG_HOME or ~/.config)")
    .option("--in-checkout", "allow a folder in a git checkout")
    .option("--show", "show the configured key's public key instead")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: KeysFlags) => exit(await (await import("./commands/archive-keys.ts")).archiveKeys(flags)));
  withSettings(keys.command("rotate").description("record that another key replaces the configured one"))
    .requiredOption("--new <file>", "the new private key: a file, or awskms: and a key in AWS KMS")
    .option("--by <name>", "who rotates (default: your login)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: RotateFlags) => exit(await (await import("./commands/archive-keys-rotate.ts")).rotateKeys(flags, clock)));
}

/** Takes no settings of sources, since an auditor has none. */
function addVerifyCommands(archive: Command, exit: Exit, clock: Clock): void {
  exitsWith(
    archive
      .command("verify")
      .description("prove from the archive and the public key alone that nothing is missing or altered")
      .addOption(new Option("--config <file>", "configuration file (default: aperture-ledger.yaml, if there is one)").env("APERTURE_LEDGER_CONFIG"))
      .addOption(new Option("--lake <url>", "where the ledger is kept; its tables are compared as well").env("APERTURE_LEDGER_LAKE"))
      .option("--archive <url>", "where the copies are (default: archive.url, or the lake)")
      .option("--public-key <file>", "the trusted public key (default: archive.public_key, or the one of the signing key)")
      .option("--timestamp-roots <file>", "root certificates of the time-stamping authority, as PEM (default: archive.timestamps.roots)")
      .addOption(new Option("--sample <n>", "read the bytes of only that many exports; all other checks are complete").argParser(readWhole))
      .option("--seed <text>", "chooses the sample (default: hash of the newest digest)")
      .option("--head <sha256>", "hash of a digest that was noted earlier; the chain must contain it")
      .option("--instance <name>", "check this gateway only")
      .option("--replica <url>", "also compare this second copy with the archive: what it lacks, has too much or has otherwise")
      .option("--report <file>", "also write the report as JSON to this file")
      .option("--tell", "send an alert to health.notify where something is found, and one when it is over")
      .option("--note", "note the outcome in the lake, for status and the worker's home page; --tell does as well")
      .option("--record", "record the outcome in the archive's chain, signed, for status, the home page and every later verification")
      .option("--by <name>", "who records it (default: your login)")
      .option("--certificate <file>", "also write a page to print and to file: what was verified and found, and how to repeat it")
      .option("--print-script", "print a shell script that checks this archive with openssl, jq and sha256sum, and check nothing now")
      .option("--json", "one JSON object on stdout")
      .action(async (flags: ArchiveVerifyFlags) => exit(flags.printScript ? await (await import("./commands/archive-verify-script.ts")).archiveVerifyScript(flags) : await (await import("./commands/archive-verify.ts")).archiveVerify(flags, clock))),
    { 1: "failed, or something was found" },
  );
  exitsWith(
    archive
      .command("copy")
      .description("copy the archive to another bucket or folder, and verify the copy; the archive and the configuration stay as they are")
      .addOption(new Option("--config <file>", "configuration file (default: aperture-ledger.yaml, if there is one)").env("APERTURE_LEDGER_CONFIG"))
      .addOption(new Option("--lake <url>", "where the ledger is kept, with the archive unless archive.url is set").env("APERTURE_LEDGER_LAKE"))
      .requiredOption("--to <url>", "where the copy goes: s3://bucket/prefix, file:///dir")
      .option("--public-key <file>", "the trusted public key (default: archive.public_key, or the one of the signing key)")
      .option("--instance <name>", "copy this gateway only")
      .option("--dry-run", "say how much would be copied, and write nothing")
      .option("--json", "one JSON object on stdout")
      .action(async (flags: ArchiveCopyFlags) => exit(await (await import("./commands/archive-copy.ts")).archiveCopy(flags, clock))),
    { 1: "failed, or the copy is not what the archive is" },
  );
  exitsWith(
    archive
      .command("verify-proof")
      .description("check proofs of an extraction with the public key alone")
      .requiredOption("--public-key <file>", "PEM, or in the form that digests have")
      .requiredOption("--proofs <file>", "as archive extract wrote it")
      .option("--object <file...>", "objects of the archive to compare with their proofs")
      .option("--json", "one JSON object on stdout")
      .action(async (flags: VerifyProofFlags) => exit(await (await import("./commands/archive-verify-proof.ts")).archiveVerifyProof(flags))),
    { 1: "failed, or a proof does not hold" },
  );
}

/** Which records a command looks at. */
function withSelection(command: Command): Command {
  return command
    .option("--caller <login>", "login, or tags joined by commas")
    .option("--session <id>", "records of this session")
    .option("--capture <id>", "this one request")
    .option("--from <time>", "requests from this time on: 2026-10-05, 2026-10-05T12:00:00Z")
    .option("--to <time>", "requests before this time; a day is included")
    .option("--scan", "open every export of that time instead of those that the tables name: for an archive without a lake");
}

function addSearchCommand(archive: Command, withSettings: WithSettings, exit: Exit, clock: Clock): void {
  withSelection(withSettings(archive.command("search").description("search the conversations in the copies; each search is recorded in the chain")))
    .option("--text <text>", "records in which somebody says this, in any letter case")
    .option("--regex <pattern>", "the same for a regular expression, in RE2's syntax")
    .option("--tool <name>", "records that call this tool; may contain * and ?")
    .option("--model <name>", "records of this model; may contain * and ?")
    .option("--status <code>", "records with this status: 429, 4xx")
    .option("--repeats", "show a match again in every later request that repeats it")
    .option("--proofs <file>", "file for the proofs that the archive contains the copies with matches")
    .requiredOption("--reason <text>", "why, for the chain; it must not contain a name or text of this search")
    .option("--by <name>", "who asks, for the chain (default: your login)")
    .option("--json", "NDJSON: an object for each match")
    .action(async (flags: ArchiveSearchFlags) => exit(await (await import("./commands/archive-search.ts")).archiveSearch(flags, clock)));
}

function addExtractCommand(archive: Command, withSettings: WithSettings, exit: Exit, clock: Clock): void {
  withSelection(withSettings(archive.command("extract").description("extract records from the copies, with proofs that the copies contain them")))
    .addOption(new Option("--format <format>", "NDJSON, an export file as the gateway writes them, pages with a thread for each session, or a mailbox of threads").choices(["ndjson", "export", "html", "mbox"]).default("ndjson"))
    .option("--out <file>", "file to write, instead of stdout; with --format html a folder")
    .option("--proofs <file>", "file for the proofs of inclusion (default: beside --out)")
    .option("--reason <text>", "why, for the chain; it must not name the caller, session or capture")
    .option("--by <name>", "who asks, for the chain and the log (default: your login)")
    .option("--json", "one JSON object about it on stdout; only with --out")
    .action(async (flags: ArchiveExtractFlags) => exit(await (await import("./commands/archive-extract.ts")).archiveExtract(flags, clock)));
}

function addHoldCommands(hold: Command, withSettings: WithSettings, exit: Exit, clock: Clock): void {
  withSettings(hold.command("add").description("put records on hold: those of a caller, a session, the gateway --instance, a time"))
    .option("--caller <login>", "a login, or tags joined by commas")
    .option("--session <id>", "as recorded")
    .option("--from <time>", "first day, YYYY-MM-DD in UTC, or a moment (RFC 3339)")
    .option("--to <time>", "last day, or the first moment after the span")
    .requiredOption("--reason <text>", "why; kept with the hold")
    .option("--by <name>", "who does it (default: your login)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: HoldAddFlags, command: Command) => {
      // A gateway from the environment is a setting, not a selection: the hold would cover less than intended.
      const gateway = command.getOptionValueSource("instance") === "cli" ? flags.instance : undefined;
      exit(await (await import("./commands/archive-hold.ts")).holdAdd({ ...flags, ...(gateway !== undefined && { gateway }) }, clock));
    });
  withSettings(hold.command("list").description("list all holds, released ones included"))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: HoldFlags) => exit(await (await import("./commands/archive-hold.ts")).holdList(flags, clock)));
  withSettings(hold.command("release <id>").description("end a hold"))
    .requiredOption("--reason <text>", "why; kept with the release")
    .option("--by <name>", "who does it (default: your login)")
    .option("--json", "one JSON object on stdout")
    .action(async (id: string, flags: HoldReleaseFlags) => exit(await (await import("./commands/archive-hold.ts")).holdRelease(id, flags, clock)));
}

function readWhole(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("it must be a whole number.");
}
