import { writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { compareReplica, requireReachable, withReplica } from "../../archive/compare-replica.ts";
import { verifyArchive, type VerifyTask } from "../../archive/verify-archive.ts";
import type { Verification } from "../../archive/verifier/verification.ts";
import { noteVerification } from "../../health/note-verification.ts";
import { type Config, toLocation } from "../../config/config.ts";
import { keepLastVerification, type LastVerification } from "../../lake/records/last-verification.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { openStore } from "../../storage/open-store.ts";
import { archiveLocation, refuseSamePlace } from "./second-place.ts";
import { describeVerification, verificationJson } from "./describe-verification.ts";
import type { TrustedRoots } from "../../archive/timestamps/token.ts";
import { readRootsFile } from "../../open/archive-settings.ts";
import { loadSettings } from "../../config/reading/settings.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { findPublicKey } from "../find-public-key.ts";
import { openLog, openProgress, print, printJson, printJsonText, silentProgress } from "../terminal.ts";

export interface ArchiveVerifyFlags {
  config?: string;
  lake?: string;
  /** Url of the archive; overrides the configuration. */
  archive?: string;
  /** Path. */
  publicKey?: string;
  /** Path of the root certificates of a time-stamping authority. */
  timestampRoots?: string;
  /** Number of exports to read. */
  sample?: number;
  seed?: string;
  /** SHA-256 of a digest. */
  head?: string;
  instance?: string;
  /** Url of a second copy. */
  replica?: string;
  /** Path of an additional JSON report. */
  report?: string;
  /** Sends an alert where something was found, and one when that is over. */
  tell?: boolean;
  /** Notes the outcome in the lake. */
  note?: boolean;
  json?: boolean;
}

/** A copy exists a moment before its receipt. */
const PAUSE_MILLISECONDS = 1000;

/** Verifies the archive: exit code 0 where nothing was found, 1 where something was. */
export async function archiveVerify(flags: ArchiveVerifyFlags, clock: Clock): Promise<number> {
  const { sample, seed, head, instance, report, json } = flags;
  if (seed !== undefined && sample === undefined) throw new LedgerError("usage", "--seed is given without --sample", { remedy: "it chooses which exports are read: give --sample N as well" });
  if (head !== undefined && !/^[0-9a-f]{64}$/i.test(head)) throw new LedgerError("usage", `--head ${JSON.stringify(head)} is not a SHA-256`, { remedy: "give the 64 hexadecimal digits of a head line, or of archive seal" });
  const config = await loadSettings({ ...(flags.config === undefined ? {} : { config: flags.config }), ...(flags.lake === undefined ? {} : { lake: flags.lake }) });
  if (flags.tell && (config.lake === undefined || config.health.notify === undefined)) throw new LedgerError("usage", "--tell is given, but lake or health.notify is not configured", { remedy: "set lake and health.notify in the configuration" });
  if (flags.note && config.lake === undefined) throw new LedgerError("usage", "--note is given, but no lake is configured", { remedy: "set lake in the configuration, or give --lake" });
  const publicKey = await openPublicKey(config, flags.publicKey);
  const roots = await openRoots(config, flags.timestampRoots);
  const { archive, lake } = await openPlaces(config, flags.archive);
  const replica = flags.replica === undefined ? undefined : await openReplica(flags.replica, config, flags.archive);
  const progress = await openProgress();
  try {
    const task = { archive, lake, publicKey, roots, sample: sample === undefined ? undefined : { exports: sample, seed }, head: head?.toLowerCase(), instance, now: clock(), progress, pause: () => setTimeout(PAUSE_MILLISECONDS) };
    const verified = await verifyBoth(task, replica);
    progress.end();
    if (report !== undefined) await writeReport(report, verificationJson(verified));
    if (json) printJson(verificationJson(verified));
    else print(...describeVerification(verified));
    const isWhole = sample === undefined && instance === undefined;
    if (lake !== undefined && (flags.note || flags.tell)) await keepLastVerification(lake, toNote(verified, isWhole));
    if (flags.tell) await tellOutcome(config, verified, isWhole, json === true, clock);
    return verified.findings.length === 0 ? 0 : 1;
  } finally {
    progress.end();
  }
}

async function verifyBoth(task: VerifyTask, replica: ObjectStore | undefined): Promise<Verification> {
  const verified = await verifyArchive(task);
  if (replica === undefined) return verified;
  return withReplica(verified, await compareReplica({ ...task, replica, sample: verified.sample }));
}

/** Throws the store's error now, before the archive is read, if the replica cannot be reached. */
async function openReplica(url: string, config: Config, archive: string | undefined): Promise<ObjectStore> {
  await refuseSamePlace("--replica", url, archiveLocation(config, archive));
  const replica = await openStore(toLocation(url), "is an error");
  await requireReachable(replica);
  return replica;
}

function toNote({ checkedAt, findings, gateways }: Verification, whole: boolean): LastVerification {
  return { format: 1, checked_at: checkedAt, whole, exports: gateways.reduce((sum, { exports }) => sum + exports.hashed, 0), findings: findings.length };
}

async function tellOutcome(config: Config, verified: Verification, isWhole: boolean, json: boolean, clock: Clock): Promise<void> {
  const ledger = await openLedger(config, { log: openLog(), progress: silentProgress, clock, signs: false, ...(json ? {} : { print: printJsonText }) }, "cached");
  await noteVerification(ledger, verified, isWhole, clock());
}

/** Throws `key_missing` and `key_unusable`. */
export async function openPublicKey(config: Config, flag: string | undefined): Promise<string> {
  const known = await findPublicKey(config, flag);
  if (known !== undefined) return known;
  throw new LedgerError("key_missing", "no public key is given", { remedy: "give the file with --public-key FILE or archive.public_key: without it nobody can tell who signed" });
}

/** Root certificates of the time-stamping authority: those of the flag, or of the configuration. */
export async function openRoots({ archive }: Config, flag: string | undefined): Promise<TrustedRoots | undefined> {
  const file = flag ?? archive.timestamps?.roots;
  return file === undefined ? undefined : await readRootsFile(file);
}

/** A missing archive is a mistake of the call, not an empty archive. */
async function openPlaces({ archive, lake: configured }: Config, flag: string | undefined): Promise<{ archive: ObjectStore; lake: ObjectStore | undefined }> {
  const lake = configured === undefined ? undefined : await openStore(toLocation(configured), "is an error");
  const url = flag ?? archive.url;
  if (url !== undefined) return { archive: await openStore(toLocation(url), "is an error"), lake };
  if (lake !== undefined) return { archive: lake, lake };
  throw new LedgerError("usage", "no archive is given", { remedy: "say where it is with --archive URL, --lake URL or in aperture-ledger.yaml" });
}

async function writeReport(file: string, value: object): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
  } catch (cause) {
    throw new LedgerError("file_unwritable", `${file} cannot be written: ${messageOf(cause)}`, { remedy: "choose another path for --report", cause });
  }
}
