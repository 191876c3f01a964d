import { rm } from "node:fs/promises";
import { LedgerError } from "../ledger/errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { WrittenObject } from "./landing/export-manifest.ts";

/**
 * Copies an object that a manifest vouches for to a local file. Its digest decides, not its ETag: copying or restoring a
 * lake changes ETags. Throws `object_changed` when the bytes are not those of the manifest, and `object_missing`.
 */
export async function downloadWritten(store: ObjectStore, { key, sha256 }: Pick<WrittenObject, "key" | "sha256">, file: string): Promise<void> {
  const found = await store.download(key, file).catch((error: unknown) => {
    throw error instanceof LedgerError && error.code === "object_missing" ? unlikeManifest(store, key, "object_missing", error) : error;
  });
  if (found.sha256 === sha256) return;
  await rm(file, { force: true });
  throw unlikeManifest(store, key, "object_changed");
}

function unlikeManifest({ url }: ObjectStore, key: string, code: "object_changed" | "object_missing", cause?: LedgerError): LedgerError {
  const what = code === "object_missing" ? "does not exist, although its manifest describes it" : "is not the object that its manifest describes";
  return new LedgerError(code, `${url}: ${JSON.stringify(key)} ${what}: the lake was copied or restored in part, or a run is replacing it.`, {
    remedy: "Call aperture-ledger run, which builds again what is missing or different; then repeat this.",
    cause,
  });
}
