import { readFile } from "node:fs/promises";
import type { Config } from "../config/config.ts";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import type { RedisAddress, RedisCertificates } from "./redis-address.ts";
import { DEFAULT_REDIS } from "./redis-connection.ts";

/** Where the queue is, with the contents of the certificates that the configuration names. */
export async function readRedisAddress(written: Config["redis"]): Promise<RedisAddress> {
  if (written === undefined) return DEFAULT_REDIS;
  if (typeof written === "string") return written;
  const { ca, cert, key, ...place } = written;
  const certificates = await readCertificates({ ca, cert, key });
  const encrypted = certificates === undefined ? {} : { certificates };
  if ("url" in place) return { url: place.url, ...encrypted };
  if ("cluster" in place) return { cluster: place.cluster, ...encrypted };
  const { sentinels, name, username, database } = place;
  return {
    sentinels,
    name,
    ...(username === undefined ? {} : { username }),
    ...(database === undefined ? {} : { database }),
    ...encrypted,
  };
}

async function readCertificates(files: { [Kind in keyof RedisCertificates]: string | undefined }): Promise<RedisCertificates | undefined> {
  const read = await Promise.all(
    Object.entries(files).map(async ([kind, file]) => (file === undefined ? undefined : [kind, await readCertificate(kind, file)] as const)),
  );
  const present = read.filter((one) => one !== undefined);
  return present.length === 0 ? undefined : Object.fromEntries(present);
}

async function readCertificate(kind: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new LedgerError("config_unreadable", `redis: ${kind} ${file} cannot be read: ${messageOf(cause)}`, {
      remedy: "give a PEM file that the ledger's account may read",
      cause,
    });
  }
}
