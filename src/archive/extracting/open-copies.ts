import { join } from "node:path";
import type { ProofFile } from "../chain/inclusion-proof.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { Progress } from "../../open/ledger.ts";
import type { Download, ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { ArchiveChain } from "./archive-chain.ts";
import type { ExportToOpen } from "./find-exports.ts";

export interface CopyTools {
  archive: ObjectStore;
  /** The key for verifying events; without it any valid signature is accepted. */
  publicKey: string | undefined;
  progress: Progress;
}

/** A copy that was downloaded and is what its chain expects. */
export interface OpenCopy extends ExportToOpen {
  /** Local, as is `workspace`; both are removed afterwards. */
  file: string;
  workspace: string;
  proof: ProofFile["objects"][number];
}

export interface OpenedCopies {
  /** Number of exports opened, and the keys of those that are purged. */
  opened: number;
  purged: string[];
  /** Proofs for every object that something was taken from. */
  proofs: ProofFile;
}

/**
 * Opens copies one after the other. Each is compared with its chain before it is visited. Throws `archive_broken` for an object that is not as expected.
 * @param visit resolves to whether anything was taken from the copy, which then gets a proof.
 */
export async function openCopies({ archive, publicKey, progress }: CopyTools, exports: readonly ExportToOpen[], what: string, visit: (copy: OpenCopy) => Promise<boolean>): Promise<OpenedCopies> {
  const chains = new Map<string, ArchiveChain>();
  const result: OpenedCopies = { opened: 0, purged: [], proofs: { format: 1, objects: [], rotations: [] } };
  progress.begin(what, exports.length);
  for (const one of exports) {
    const chain = chains.get(one.instance) ?? (await ArchiveChain.load(archive, one.instance, publicKey));
    chains.set(one.instance, chain);
    await withWorkspace(async (workspace) => {
      const file = join(workspace, "export");
      const download = await fetchWhole(archive, chain, one, file);
      if (download === undefined) return void result.purged.push(one.key);
      result.opened++;
      const proof = chain.prove(one.key, download);
      if (await visit({ ...one, file, workspace, proof })) result.proofs.objects.push(proof);
      return undefined;
    });
    progress.step();
  }
  result.proofs.rotations = [...chains.values()].flatMap(({ rotations }) => rotations);
  return result;
}

/** Downloads a copy and checks it against the chain; undefined if it was purged. */
async function fetchWhole(archive: ObjectStore, chain: ArchiveChain, { key }: ExportToOpen, file: string): Promise<Download | undefined> {
  const expected = await chain.expectedContent(key);
  if (expected === "purged") return undefined;
  if (expected !== "unknown" && (await archive.head(key)) === undefined) throw broken(archive, key, `is missing; its expected SHA-256 is ${expected.sha256}`);
  const download = await archive.download(key, file);
  if (expected === "unknown" || expected.sha256 === download.sha256) return download;
  throw broken(archive, key, `has SHA-256 ${download.sha256}, but ${expected.sha256} was expected`);
}

function broken({ url }: ObjectStore, key: string, what: string): LedgerError {
  return new LedgerError("archive_broken", `${url}/${key} ${what}`, {
    remedy: "aperture-ledger archive verify reports what else was altered; restore the object from a backup",
  });
}
