import { randomUUID } from "node:crypto";
import { isExportKey } from "../../aperture/reader/export-name.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectEntry, ObjectStore, Unlistable, WritingMode } from "../../storage/object-store.ts";
import { probeStore } from "../../storage/probe-store.ts";
import type { Finding, FindingStep } from "./finding.ts";

const DONE: Readonly<Record<WritingMode, string>> = {
  "create-only": "honours create-only writes",
  "first version": "keeps the first version where two writers create an object",
  "single writer": "has no conditional writes",
};

/** Tries everything that a ledger in this store relies on. */
export async function findInStore(check: string, store: ObjectStore): Promise<Finding> {
  try {
    const { mode, steps } = await probeStore(store, `_ledger/doctor/${randomUUID()}.`);
    const failed = steps.filter(({ ok }) => !ok);
    const shown = steps.map(({ step, ok, result }): FindingStep => ({ step, state: ok ? "ok" : "failed", result }));
    if (failed.length > 0) {
      return {
        check,
        state: "failed",
        finding: `${store.url} cannot hold a ledger: ${failed.map(({ result }) => result).join("; ")}`,
        remedy: "use a store that meets docs/stores.md: archive copies, closed months and totals would not be safe in this one",
        steps: shown,
      };
    }
    const finding = `${store.url} can be written, read and deleted, and ${DONE[mode]}`;
    if (mode !== "single writer") return { check, state: "ok", finding, steps: shown };
    return { check, state: "attention", finding: `${finding}: one process at a time writes there`, remedy: "run one worker at most, and no command that writes beside it; see docs/stores.md", steps: shown };
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== "writer_busy") throw error;
    return { check, state: "attention", finding: error.message, remedy: error.remedy };
  }
}

/** Tries everything that reading exports relies on. A source without exports has a finding too. */
export async function findInSource(check: string, url: string, store: ObjectStore): Promise<Finding> {
  let first: ObjectEntry | undefined;
  let exports = 0;
  let others = 0;
  const unlistable: Unlistable[] = [];
  for await (const entry of store.list("", undefined, (place) => void unlistable.push(place))) {
    if (isExportKey(entry.key)) {
      exports++;
      first ??= entry;
    } else others++;
  }
  const odd = unlistable.find(({ key, isOdd }) => isOdd !== true || isExportKey(key));
  if (odd !== undefined) {
    return { check, state: "attention", finding: `${exports} exports in ${url}; ${JSON.stringify(odd.key)} cannot be listed: ${odd.problem}`, remedy: "make it readable, or move what does not belong there elsewhere" };
  }
  if (first === undefined) {
    return {
      check,
      state: "attention",
      finding: `no exports among ${others} objects in ${url}`,
      remedy: "their keys end in .cbor.zstd: compare bucket and prefix with the gateway's exporter settings",
    };
  }
  const steps = await trySource(store, first);
  const finding = `${exports} exports, ${others} other objects in ${url}`;
  const failed = steps.filter(({ state }) => state === "failed");
  if (failed.length === 0) return { check, state: "ok", finding, steps };
  return { check, state: "failed", finding: `${finding}, and ${failed.map(({ result }) => result).join("; ")}`, remedy: "exports are identified by their ETags and read by their keys: check the store, and any proxy in front of it", steps };
}

async function trySource(store: ObjectStore, { key, etag, size }: ObjectEntry): Promise<FindingStep[]> {
  const seen = (await store.head(key))?.etag;
  const [byte, wanted] = [await store.read(key, { first: 0, last: 0 }), Math.min(1, size)];
  return [
    seen === etag
      ? { step: "ETag", state: "ok", result: "the same in listing and HEAD" }
      : { step: "ETag", state: "failed", result: `${JSON.stringify(key)} is listed with the ETag ${etag} and has ${seen ?? "none"}` },
    byte.byteLength === wanted
      ? { step: "range", state: "ok", result: "the requested byte" }
      : { step: "range", state: "failed", result: `one byte of ${JSON.stringify(key)} was requested, but ${String(byte.byteLength)} arrived` },
  ];
}
