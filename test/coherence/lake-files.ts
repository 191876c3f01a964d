import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";

/** An object as a manifest names it. */
export interface Named {
  key: string;
  size: number;
  sha256: string;
}

/** A lake or an archive as it lies in a folder, read with nothing of the product. */
export class LakeFiles {
  readonly root: string;
  /** In order. */
  readonly keys: readonly string[];

  constructor(root: string) {
    this.root = root;
    const found = existsSync(root) ? readdirSync(root, { recursive: true, withFileTypes: true }) : [];
    this.keys = found
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1).replaceAll(sep, "/"))
      .toSorted();
  }

  below(prefix: string, suffix = ""): string[] {
    return this.keys.filter((key) => key.startsWith(prefix) && key.endsWith(suffix));
  }

  has(key: string): boolean {
    return existsSync(join(this.root, key));
  }

  path(key: string): string {
    return join(this.root, key);
  }

  read(key: string): Buffer {
    return readFileSync(join(this.root, key));
  }

  sha256(key: string): string {
    return createHash("sha256").update(this.read(key)).digest("hex");
  }

  json(key: string): unknown {
    return JSON.parse(this.read(key).toString());
  }

  /** All documents below a prefix, by key. */
  documents<Content>(prefix: string): [key: string, Content][] {
    return this.below(prefix, ".json").map((key) => [key, this.json(key) as Content]);
  }

  changedAt(key: string): bigint {
    return statSync(join(this.root, key), { bigint: true }).mtimeNs;
  }

  /** Another one whenever an object was written or removed. */
  fingerprint(): string {
    return this.keys.map((key) => `${key} ${String(this.changedAt(key))}`).join("\n");
  }

  /** What is wrong with an object that `by` vouches for. */
  mismatch({ key, size, sha256 }: Named, by: string): string[] {
    if (!this.has(key)) return [`${key} is not there, and ${by} names it`];
    const bytes = this.read(key);
    if (bytes.byteLength !== size) return [`${key} has ${String(bytes.byteLength)} bytes, ${by} says ${String(size)}`];
    return createHash("sha256").update(bytes).digest("hex") === sha256 ? [] : [`${key} has other bytes than ${by} says`];
  }
}

/** Whether two figures are one, said if they are not. */
export function differ(what: string, one: unknown, other: unknown): string[] {
  return JSON.stringify(one) === JSON.stringify(other) ? [] : [`${what}: ${JSON.stringify(one)} is not ${JSON.stringify(other)}`];
}

/** Dollars with nine decimals, as a number of nanodollars; nothing is 0. */
export function nanodollars(text: string | null | undefined): bigint {
  return BigInt((text ?? "0.000000000").replace(".", ""));
}
