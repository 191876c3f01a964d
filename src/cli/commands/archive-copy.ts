import { setTimeout } from "node:timers/promises";
import { type ArchiveCopy, copyArchive } from "../../archive/copy-archive.ts";
import { toLocation } from "../../config/config.ts";
import { loadSettings } from "../../config/reading/settings.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { openArchiving } from "../../open/archive-settings.ts";
import { openStore } from "../../storage/open-store.ts";
import { showLocation } from "../../storage/store-location.ts";
import { openLog, openProgress, print, printJson } from "../terminal.ts";
import { openPublicKey, openRoots } from "./archive-verify.ts";
import { describeVerification, verificationJson } from "./describe-verification.ts";
import { archiveLocation, refuseSamePlace } from "./second-place.ts";

export interface ArchiveCopyFlags {
  config?: string;
  lake?: string;
  /** Url of the target. */
  to: string;
  /** Path. */
  publicKey?: string;
  instance?: string;
  dryRun?: boolean;
  json?: boolean;
}

/** A copy exists a moment before its receipt. */
const PAUSE_MILLISECONDS = 1000;

/** Copies the archive to another store: exit code 0 where the copy is complete and verified, 1 where something was found. */
export async function archiveCopy(flags: ArchiveCopyFlags, clock: Clock): Promise<number> {
  const { to, instance, dryRun: isDry = false, json } = flags;
  const config = await loadSettings({ ...(flags.config === undefined ? {} : { config: flags.config }), ...(flags.lake === undefined ? {} : { lake: flags.lake }) });
  const location = archiveLocation(config);
  if (location === undefined) throw new LedgerError("usage", "no archive is given", { remedy: "say where it is with archive.url or lake in aperture-ledger.yaml, or with --lake URL" });
  await refuseSamePlace("--to", to, location);
  const publicKey = await openPublicKey(config, flags.publicKey);
  const { lock } = await openArchiving(config, false);
  // A store without conditional writes is claimed for this process, and the log says so.
  openLog();
  const [source, target] = [await openStore(toLocation(location), "is an error"), await openStore(toLocation(to))];
  if (!isDry) await target.prepareWrites?.();
  const progress = await openProgress();
  try {
    const copy = await copyArchive({ source, target, publicKey, roots: await openRoots(config, undefined), lock, instance, isDry, now: clock(), progress, pause: () => setTimeout(PAUSE_MILLISECONDS) });
    progress.end();
    if (json) printJson(copyJson(copy, to));
    else print(...describeCopy(copy, to));
    return isDry || isVerified(copy) ? 0 : 1;
  } finally {
    progress.end();
  }
}

function isVerified({ verification }: ArchiveCopy): boolean {
  return verification !== null && verification.findings.length === 0;
}

function copyJson(copy: ArchiveCopy, to: string): object {
  const { from, to: url, copied, present, reduced, removed, later, verification } = copy;
  return {
    from,
    to: url,
    dry_run: verification === null,
    copied,
    present,
    reduced,
    removed,
    later,
    verification: verification && verificationJson(verification),
    publish: isVerified(copy) ? { "archive.url": showLocation(to) } : null,
  };
}

function describeCopy(copy: ArchiveCopy, to: string): string[] {
  const { from, copied, present, reduced, removed, later, verification } = copy;
  const lines = [
    `from         ${from}`,
    `to           ${copy.to}`,
    `${verification === null ? "to copy     " : "copied      "} ${describeAmount(copied)}`,
    `there        ${describeAmount(present)} from an earlier copy`,
    ...(reduced + removed === 0 ? [] : [`followed     ${String(reduced)} reductions and ${String(removed)} purges since the earlier copy`]),
    ...(later === 0 ? [] : [`later        ${String(later)} objects that arrived meanwhile: call it again`]),
  ].map(visibleText);
  if (verification === null) return [...lines, "dry run      nothing was written"];
  const outcome = isVerified(copy)
    ? `publish      the configuration is unchanged; when nothing writes to the old archive any more, call it again, then set archive.url: ${visibleText(showLocation(to))}`
    : "publish      not yet: the copy is not what the archive is";
  return [...lines, ...describeVerification(verification), outcome];
}

function describeAmount({ objects, bytes }: ArchiveCopy["copied"]): string {
  return `${String(objects)} ${objects === 1 ? "object" : "objects"}, ${String(bytes)} bytes`;
}
