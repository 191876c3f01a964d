import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { archiveLayout } from "../../src/lake/layout.ts";
import { verifyArchive, type VerifyTask } from "../../src/archive/verify-archive.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import type { Digest } from "../../src/archive/chain/digest.ts";
import { merkleRoot } from "../../src/archive/chain/merkle.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { intoFolder, SealedArchive } from "./sealed-archive.ts";
import { digestNow, signNow, type TestKey } from "./sign-now.ts";

export const FIRST = "2026-09-01";

export function digestOf(date: string, instance = "prod"): string {
  return archiveLayout.digest(instance, date);
}

export function exportOf(date: string, name = "export-0", instance = "prod"): string {
  return `archive/${instance}/${date.replaceAll("-", "/")}/${name}.cbor.zstd`;
}

/** An archive of that many days from `FIRST` on, in a folder. */
export async function archiveOf(days: number, instances: readonly string[] = ["prod"], exportsADay = 2): Promise<{ root: string; sealed: SealedArchive }> {
  const root = temporaryFolder();
  const sealed = new SealedArchive(intoFolder(root));
  await sealed.addDays(FIRST, days, instances, exportsADay);
  return { root, sealed };
}

/** Verifies as on the morning after the newest digest, unless said otherwise. */
export async function verify(root: string, sealed: SealedArchive, changes: Partial<VerifyTask> = {}): Promise<Verification> {
  const newest = [...sealed.heads.values()].map(({ link }) => link.date).sort().at(-1) ?? FIRST;
  return await verifyArchive({
    archive: new FsStore(root),
    lake: undefined,
    publicKey: sealed.key.publicKey,
    sample: undefined,
    head: undefined,
    instance: undefined,
    now: new Date(Date.parse(newest) + 30 * 3_600_000),
    progress: { begin: () => undefined, step: () => undefined },
    ...changes,
  });
}

/** Codes and keys of what was found. */
export function found({ findings }: Verification): string[] {
  return findings.map(({ code, key }) => `${code} ${key}`);
}

/** Changes to what lies in a folder. */
export class Tampering {
  readonly root: string;
  readonly #before = new Map<string, Buffer | undefined>();

  constructor(root: string) {
    this.root = root;
  }

  /** Changes one bit. */
  flip(key: string, at = 0.5): void {
    const bytes = this.read(key);
    const place = Math.min(bytes.byteLength - 1, Math.floor(bytes.byteLength * at));
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    this.write(key, bytes);
  }

  /** Everything as it was. */
  undo(): void {
    for (const [key, bytes] of this.#before) {
      if (bytes === undefined) this.remove(key);
      else this.write(key, bytes);
    }
    this.#before.clear();
  }

  remove(key: string): void {
    this.#remember(key);
    rmSync(join(this.root, key));
  }

  read(key: string): Buffer {
    return readFileSync(join(this.root, key));
  }

  write(key: string, bytes: Uint8Array): void {
    this.#remember(key);
    const file = join(this.root, key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }

  copy(from: string, to: string): void {
    this.write(to, this.read(from));
  }

  swap(one: string, other: string): void {
    const [a, b] = [this.read(one), this.read(other)];
    this.write(one, b);
    this.write(other, a);
  }

  digest(key: string): Digest {
    return JSON.parse(this.read(key).toString("utf8")) as Digest;
  }

  /** Writes a digest anew, changed and signed as if it had been made so. */
  remake(key: string, signer: TestKey, change: (digest: Digest) => Digest = (digest) => digest): void {
    const { header, exports, events } = change(this.digest(key));
    this.write(key, canonicalBytes(digestNow(header, { exports, events }, signer)));
  }

  /** As `remake`, and the lists stay in the order in which they are given. */
  remakeAsIs(key: string, signer: TestKey, change: (digest: Digest) => Digest): void {
    const { header, exports, events } = change(this.digest(key));
    const signed = signNow({ ...header, exports: exports.length, events: events.length, root: merkleRoot([...exports, ...events]) }, signer);
    this.write(key, canonicalBytes({ ...signed, exports, events }));
  }

  /** Changes a field and leaves the signature as it was. */
  edit(key: string, change: (digest: Digest) => Digest): void {
    this.write(key, canonicalBytes(change(this.digest(key))));
  }

  #remember(key: string): void {
    const file = join(this.root, key);
    if (!this.#before.has(key)) this.#before.set(key, existsSync(file) ? readFileSync(file) : undefined);
  }
}

/** A copy to tamper with. */
export function tampered(root: string): Tampering {
  const copy = temporaryFolder();
  cpSync(root, copy, { recursive: true });
  return new Tampering(copy);
}
