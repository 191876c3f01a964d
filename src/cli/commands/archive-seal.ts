import { randomUUID } from "node:crypto";
import { finishErasures } from "../../archive/finish-erasures.ts";
import { markHeldCopies } from "../../archive/legal-holds.ts";
import { z } from "zod";
import { type AnnulledDigests, annulDigests } from "../../archive/annul-digests.ts";
import { requireRightClock } from "../../archive/timekeeping/confirm-clock.ts";
import { acceptObjects } from "../../archive/accept-objects.ts";
import { type SealedGateway, sealArchive } from "../../archive/seal-archive.ts";
import { type PostedToPlace, postHeads } from "../../archive/post-heads.ts";
import { type StampedDigests, stampDigests } from "../../archive/stamp-digests.ts";
import { requireNonEmpty } from "../../archive/require-non-empty.ts";
import type { Ledger } from "../../open/ledger.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { openStoresToWrite } from "../../open/open-stores.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { sayNext } from "../next-commands.ts";
import { openLog, openProgress, print, printJson } from "../terminal.ts";
import { actor } from "../actor.ts";

export interface SealFlags extends SettingFlags {
  clockIsRight?: boolean;
  /** `YYYY-MM-DD`: digests after this day were made while the clock was ahead, and are annulled. */
  annulAfter?: string;
  /** Keys of objects to list although no trusted signature exists for them. */
  accept?: string[];
  reason?: string;
  by?: string;
  json?: boolean;
}

/** Seals the archive as the worker's daily job does. Resolves to the exit code. */
export async function sealNow(flags: SealFlags, clock: Clock): Promise<number> {
  sayNext({ after: "archive seal", digests: await sealAndSay(flags, clock) }, flags);
  return 0;
}

/**
 * Does the worker's daily work except for retention: sets holds on new copies, finishes erasures, and makes today's digests. Returns how many
 * digests it made.
 */
export async function sealAndSay(flags: SealFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const progress = await openProgress();
  try {
    const ledger = await openLedger(config, { log: openLog(), progress, clock }, "cached", await openStoresToWrite(config));
    const state = await loadLedgerState(ledger.stores.lake);
    const call = { now: ledger.work.clock(), by: actor(flags.by), isConfirmed: flags.clockIsRight ?? false, newId: randomUUID };
    const annulling = readAnnulling(flags);
    if (annulling !== undefined) await requireRightClock(ledger, state, { what: "annul", ...call });
    const annulled = annulling === undefined ? [] : await annulDigests(ledger, { ...annulling, ...call });
    await requireRightClock(ledger, state, { what: "seal", ...call });
    if (annulling === undefined || flags.accept !== undefined) await accept(ledger, flags);
    await markHeldCopies(ledger, state);
    await finishErasures(ledger, state, actor());
    const sealed = await sealArchive(ledger, state, ledger.work.clock());
    const stamped = await stampDigests(ledger);
    const posted = await postHeads(ledger);
    progress.end();
    if (flags.json) printJson({ ...(annulled.length === 0 ? {} : { annulled }), ...sealed, ...(stamped === undefined ? {} : { stamped }), ...(posted.length === 0 ? {} : { posted }) });
    else print(...annulled.map(describeAnnulled), ...sealed.gateways.flatMap(describeSealed), ...(stamped === undefined ? [] : describeStamped(stamped)), ...posted.map(describePosted));
    return sealed.gateways.reduce((sum, { digests }) => sum + digests.length, 0);
  } finally {
    progress.end();
  }
}

function describeStamped({ stamped, waiting, problem }: StampedDigests): string[] {
  const got = stamped === 0 ? [] : [`stamped      ${String(stamped)} digests have a token of the time-stamping authority now`];
  if (problem !== null) return [...got, `attention    ${String(waiting)} digests have no token: ${problem}; they are sealed nevertheless, and the next sealing asks again`];
  return waiting === 0 ? got : [...got, `waiting      ${String(waiting)} digests for a token: the next sealing asks for more`];
}

function describePosted({ place, posted, problem }: PostedToPlace): string {
  return problem === null ? `posted       ${String(posted)} heads to ${place}` : `attention    ${place} did not get the newest heads: ${problem}; the next sealing posts them again`;
}

/** Undefined without --annul-after. */
function readAnnulling({ annulAfter: after, reason }: SealFlags): { after: string; reason: string } | undefined {
  if (after === undefined) return undefined;
  if (!z.iso.date().safeParse(after).success) throw new LedgerError("usage", `--annul-after ${after} is not a day`, { remedy: "write it as 2026-11-29: the last day whose digest was made in time" });
  const why = requireNonEmpty("--reason", reason);
  if (why === undefined) throw new LedgerError("usage", "--annul-after needs --reason", { remedy: "say why: it is kept for ever" });
  return { after, reason: why };
}

function describeAnnulled({ instance, from, to, digests, event }: AnnulledDigests): string {
  return `annulled     ${instance}: ${String(digests)} digests from ${from} to ${to}; recorded in ${event}`;
}

/** Accepted objects are recorded first, so that this sealing lists them. */
async function accept(ledger: Ledger, { accept: keys = [], reason, by }: SealFlags): Promise<void> {
  const why = requireNonEmpty("--reason", reason);
  if (keys.length === 0 && why === undefined) return;
  if (keys.length === 0 || why === undefined) throw new LedgerError("usage", "--accept and --reason go together", { remedy: "name the objects that you answer for, and why: both are kept for ever" });
  const now = ledger.work.clock();
  await acceptObjects(ledger, keys, { reason: why, by: actor(by), now, id: randomUUID() });
}

function describeSealed({ instance, digests, sealed_up_to: day, checkpoints, waiting, left_aside: aside, overtaken }: SealedGateway): string[] {
  const lines = [...digests.map(({ date, number, sha256, exports, events }) =>
    `sealed       ${instance} ${date}: digest ${String(number)} lists ${String(exports)} exports and ${String(events)} events, SHA-256 ${sha256}`), ...checkpoints.map((key) => `checkpoint   ${instance}: ${key} lists what arrived since`)];
  lines.push(...aside.map(({ key, problem }) => `attention    ${key} is ignored: ${problem.replaceAll(/\s+/g, " ")}`));
  if (overtaken) return [...lines, `overtaken    ${instance}: another sealing made the digest of ${day} at the same time`];
  if (digests.length > 0) return lines;
  return [...lines, `already      ${instance}: there is a digest of ${day}; ${String(waiting.exports)} exports and ${String(waiting.events)} events wait for the next one`];
}
