import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { layout } from "../../src/lake/layout.ts";
import { type Objects, readObjects, unpackObjects, writeObjects } from "../packed-objects.ts";
import { CLOSED, continueGolden, makeGolden, OPEN, reportGolden } from "./steps.ts";
import { SNAPSHOTS } from "../../src/lake/layout.ts";

export const LEDGER = join(import.meta.dirname, "ledger.json.zst");
export const EXPECTED = join(import.meta.dirname, "expected.json.zst");

/** What belongs to the ledger; keys and configuration are not part of what is committed. */
const PARTS = ["exports/", "settings/", "lake/", "archive/"];
/** What the ledger's folder holds of the ledger. */
export function ledgerIn(folder: string): Objects {
  return new Map([...readObjects(folder)].filter(([key]) => PARTS.some((part) => key.startsWith(part))));
}

/**
 * The golden ledger, made once more. Digests that were sealed after October was closed are left out: they list the hash of the
 * close's record, which depends on pages.
 */
export async function remake(folder: string): Promise<Objects> {
  await makeGolden(folder);
  const made = [...ledgerIn(folder)].filter(([key]) => !/_digests\/(?!2026-11-01\.json)/.test(key));
  return under("made", comparable(new Map(made), CLOSED));
}

/** Does with the golden ledger, in an empty folder, what a user does, and resolves to all that was written. */
export async function reportAndContinue(folder: string): Promise<Objects> {
  writeObjects(folder, unpackObjects(LEDGER));
  const committed = ledgerIn(folder);
  await reportGolden(folder);
  const reported = changesBetween(committed, ledgerIn(folder));
  await continueGolden(folder);
  const continued = changesBetween(committed, ledgerIn(folder));
  return new Map([...under("reported", reported), ...under("continued", comparable(continued, OPEN))]);
}

/**
 * As a test compares it: text as it is, so that a failure shows the line, and the digest of everything else. Without snapshots, which the committed
 * ledger has none of: they list the other objects, and nothing reads them.
 */
export function showObjects(objects: Objects): Record<string, string> {
  return Object.fromEntries([...objects].filter(([key]) => !key.includes(SNAPSHOTS)).map(([key, bytes]) => [key, isUtf8(bytes) ? bytes.toString() : createHash("sha256").update(bytes).digest("hex")]));
}

function under(name: string, objects: Objects): Objects {
  return new Map([...objects].map(([key, bytes]) => [`${name}/${key}`, key.endsWith(".html") ? figuresOf(bytes) : bytes]));
}

/** Objects that are new or changed; one that is gone is empty. */
function changesBetween(before: Objects, after: Objects): Objects {
  const changed = [...after].filter(([key, bytes]) => !(before.get(key)?.equals(bytes) ?? false));
  const gone = [...before.keys()].filter((key) => !after.has(key));
  return new Map([...changed, ...gone.map((key): [string, Buffer] => [key, Buffer.alloc(0)])].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Pages may be worded differently, and the id of a close is a digest of the files that it closes, pages included. */
function comparable(objects: Objects, month: string): Objects {
  const place = `lake/${layout.close(month)}`;
  const record = objects.get(place)?.toString();
  if (record === undefined) throw new Error(`${place} is missing`);
  const { id } = JSON.parse(record) as { id: string };
  const withoutPages = record.replaceAll(/("name": "[^"]*\.html",\s*"size": )\d+(,\s*"sha256": ")[0-9a-f]+/g, "$1…$2…");
  const settled = new Map(objects).set(place, Buffer.from(withoutPages));
  return new Map([...settled].map(([key, bytes]) => [key.replaceAll(id, "<id>"), isUtf8(bytes) && bytes.includes(id) ? Buffer.from(bytes.toString().replaceAll(id, "<id>")) : bytes]));
}

/** A page's texts that are nothing but a figure, in their order, a line each. */
function figuresOf(page: Buffer): Buffer {
  const figures = page.toString().matchAll(/>\s*([+\-−]?\$?\d[\d.,]*(?: ?%)?)\s*</g);
  return Buffer.from([...figures].map(([, figure]) => `${String(figure)}\n`).join(""));
}
