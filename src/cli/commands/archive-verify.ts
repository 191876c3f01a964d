import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import { compareReplica, requireReachable, withReplica } from "../../archive/compare-replica.ts";
import { recordVerification } from "../../archive/record-verification.ts";
import { requireSigningKey } from "../../archive/require-signing-key.ts";
import { verifyArchive, type VerifyTask } from "../../archive/verify-archive.ts";
import { readExports, type Verification } from "../../archive/verifier/verification.ts";
import { noteVerification } from "../../health/note-verification.ts";
import { type Config, toLocation } from "../../config/config.ts";
import { keepLastVerification, type LastVerification } from "../../lake/records/last-verification.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { openStore } from "../../storage/open-store.ts";
import { archiveLocation, refuseSamePlace } from "./second-place.ts";
import { actor } from "../actor.ts";
import { describeVerification, verificationJson } from "./describe-verification.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { PRODUCT_VERSION } from "../../ledger/product-version.ts";
import type { TrustedRoots } from "../../archive/timestamps/token.ts";
import { readRootsFile } from "../../open/archive-settings.ts";
import { loadSettings } from "../../config/reading/settings.ts";
import { openLedger, openWork } from "../../open/open-ledger.ts";
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
  /** Path of a page about it. */
  certificate?: string;
  /** Records the outcome in the archive's chain. */
  record?: boolean;
  /** Login. */
  by?: string;
  /** Prints a script that verifies, and does not verify. */
  printScript?: boolean;
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
  if (flags.by !== undefined && !flags.record) throw new LedgerError("usage", "--by is given without --record", { remedy: "it says who records the verification: give --record as well" });
  const work = flags.record ? await openWork(config, { clock }) : undefined;
  // Before anything is read, which takes long.
  if (work !== undefined) requireSigningKey({ work });
  const publicKey = await openPublicKey(config, flags.publicKey);
  const roots = await openRoots(config, flags.timestampRoots);
  const { archive, lake } = await openPlaces(config, flags.archive);
  const replica = flags.replica === undefined ? undefined : await openReplica(flags.replica, config, flags.archive);
  const progress = await openProgress();
  try {
    const task = { archive, lake, publicKey, roots, sample: sample === undefined ? undefined : { exports: sample, seed }, head: head?.toLowerCase(), instance, now: clock(), progress, pause: () => setTimeout(PAUSE_MILLISECONDS) };
    const verified = await verifyBoth(task, replica);
    progress.end();
    const isWhole = sample === undefined && instance === undefined;
    const recording = work === undefined ? undefined : await record(verified, { stores: { archive }, work }, { by: actor(flags.by), version: PRODUCT_VERSION, host: hostname(), whole: isWhole });
    const outcome = { ...verificationJson(verified), ...(recording && recordingJson(recording)) };
    if (report !== undefined) await writeBeside("--report", report, `${JSON.stringify(outcome, null, 2)}\n`);
    if (flags.certificate !== undefined) await writeBeside("--certificate", flags.certificate, await certify(verified, flags));
    if (json) printJson(outcome);
    else print(...describeVerification(verified), ...(recording === undefined ? [] : [describeRecording(recording)]));
    if (lake !== undefined && (flags.note || flags.tell)) await keepLastVerification(lake, toNote(verified, isWhole));
    if (flags.tell) await tellOutcome(config, verified, isWhole, json === true, clock);
    // What was found matters more than that it cannot be recorded.
    if (recording?.failure !== undefined && verified.findings.length === 0) throw recording.failure;
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

interface Recording {
  /** Gateways whose chains record it. */
  instances: string[];
  failure: LedgerError | undefined;
}

/** An archive whose chain somebody else continued takes no event: this is said with the outcome, which shows it too. */
async function record(verified: Verification, ledger: Parameters<typeof recordVerification>[0], verifying: Parameters<typeof recordVerification>[2]): Promise<Recording> {
  try {
    return { instances: await recordVerification(ledger, verified, verifying, randomUUID), failure: undefined };
  } catch (error) {
    if (error instanceof LedgerError) return { instances: [], failure: error };
    throw error;
  }
}

function recordingJson({ instances, failure }: Recording): object {
  return { recorded: instances, ...(failure && { not_recorded: `${failure.code}: ${failure.message}` }) };
}

function describeRecording({ instances, failure }: Recording): string {
  if (failure !== undefined) return `not recorded ${failure.code}: ${failure.message}`;
  return instances.length === 0 ? "not recorded no gateway has a digest" : `recorded     in the chain of ${listSome(instances)}`;
}

/** The page is loaded only where it is written. */
async function certify(verified: Verification, flags: ArchiveVerifyFlags): Promise<string> {
  const { renderCertificate } = await import("./render-certificate.ts");
  const call = [
    "archive", "verify", "--archive", verified.archive, "--public-key", flags.publicKey ?? "signing-key.pub.pem",
    ...given("--config", flags.config), ...given("--lake", verified.derived?.lake), ...given("--timestamp-roots", flags.timestampRoots),
    ...(verified.sample === null ? [] : ["--sample", String(verified.sample.exports), "--seed", verified.sample.seed]),
  ];
  return await renderCertificate(verified, { version: PRODUCT_VERSION, host: hostname(), call, head: flags.head, instance: flags.instance });
}

function given(flag: string, value: string | undefined): string[] {
  return value === undefined ? [] : [flag, value];
}

function toNote(verified: Verification, whole: boolean): LastVerification {
  return { format: 1, checked_at: verified.checkedAt, whole, exports: readExports(verified), findings: verified.findings.length };
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
export async function openPlaces({ archive, lake: configured }: Config, flag: string | undefined): Promise<{ archive: ObjectStore; lake: ObjectStore | undefined }> {
  const lake = configured === undefined ? undefined : await openStore(toLocation(configured), "is an error");
  const url = flag ?? archive.url;
  if (url !== undefined) return { archive: await openStore(toLocation(url), "is an error"), lake };
  if (lake !== undefined) return { archive: lake, lake };
  throw new LedgerError("usage", "no archive is given", { remedy: "say where it is with --archive URL, --lake URL or in aperture-ledger.yaml" });
}

async function writeBeside(flag: string, file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new LedgerError("file_unwritable", `${file} cannot be written: ${messageOf(cause)}`, { remedy: `choose another path for ${flag}`, cause });
  }
}
