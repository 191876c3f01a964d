import { readFileSync } from "node:fs";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { mostResidentMiB } from "../resident-memory.ts";

/** Verifies an archive in a process of its own and prints what that took: `verify-in-child.ts ROOT KEYFILE NOW`. */
const [, , root = "", key = "", now = ""] = process.argv;
const { findings, gateways } = await verifyArchive({
  archive: new FsStore(root),
  lake: undefined,
  publicKey: readFileSync(key, "utf8"),
  sample: undefined,
  head: undefined,
  instance: undefined,
  now: new Date(now),
  progress: { begin: () => undefined, step: () => undefined },
});
const hashed = gateways.reduce((sum, { exports }) => sum + exports.hashed, 0);
process.stdout.write(JSON.stringify({ findings: findings.length, hashed, residentMiB: mostResidentMiB() }));
