import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { LedgerError } from "../../ledger/errors.ts";
import { TEMPORARY_PREFIX } from "../object-keys.ts";
import type { WritingMode } from "../object-store.ts";
import { serverOf } from "../place.ts";
import type { S3Target } from "./s3-client.ts";
import { keepsVersions } from "./s3-create-versioned.ts";
import { readObject } from "./s3-download.ts";
import { nameOf, s3Error, statusOf } from "./s3-errors.ts";
import { listObjects } from "./s3-list.ts";
import { encrypting } from "./s3-upload.ts";
import { type ClaimStore, SingleWriter, WRITER_CLAIMS } from "../single-writer.ts";
import { claimPlace } from "../writers.ts";

/** What protects an object from a second writer. */
export type Writing = { mode: Exclude<WritingMode, "single writer">; isAssumed?: boolean } | { mode: "single writer"; writer: SingleWriter };

/** Determines what the server does with a conditional write: one request, or two the first time. */
export async function findWriting(target: S3Target): Promise<Writing> {
  if (target.server === "AWS") return { mode: "create-only" };
  if (await keepsVersions(target)) return { mode: "first version" };
  const honours = await honoursConditions(target);
  if (honours !== false) return { mode: "create-only", isAssumed: honours === undefined };
  const { bucket, root, server, url } = target;
  const place = JSON.stringify([serverOf(server, bucket), bucket, root]);
  const writer = await claimPlace(place, url, () => new SingleWriter(claimsOf(target), { id: randomUUID(), host: hostname(), pid: process.pid }, TOOLS));
  return { mode: "single writer", writer };
}

const TOOLS = {
  clock: (): Date => new Date(),
  // The monotonic clock stops while a machine sleeps; the wall clock may be changed.
  elapsed: (): number => Math.max(performance.now(), Date.now() - STARTED),
  random: (): number => Math.random(),
  pause: async (milliseconds: number): Promise<void> => await delay(milliseconds),
};
const STARTED = Date.now() - performance.now();

/** An object that stays: a server that honours conditions refuses to create it a second time. */
const PROBE = `${TEMPORARY_PREFIX}probe`;
const PROBE_BYTES = Buffer.from("Whether this store honours If-None-Match is tried with this object.\n");

/** Undefined where the server refuses the probe. */
async function honoursConditions(target: S3Target): Promise<boolean | undefined> {
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    try {
      await put(target, PROBE, PROBE_BYTES, "*");
    } catch (error) {
      // 409: another process probes at the same time; only a server that honours conditions notices that.
      if (statusOf(error) === 412 || statusOf(error) === 409) return true;
      if (isUnknownCondition(error)) return false;
      const reason = s3Error(error, target, "try a conditional write");
      if (reason.retryable) throw reason;
      // The write that follows reports any other failure better.
      return undefined;
    }
  }
  return false;
}

/** Error names of servers without conditions. */
function isUnknownCondition(error: unknown): boolean {
  return statusOf(error) === 501 || nameOf(error) === "NotImplemented";
}

function claimsOf(target: S3Target): ClaimStore {
  return {
    url: target.url,
    async list() {
      const entries = [];
      for await (const entry of listObjects(target, WRITER_CLAIMS)) entries.push(entry);
      return entries;
    },
    read: (key) => readObject(target, key),
    put: (key, bytes) => put(target, key, bytes).catch((error: unknown) => fail(error, target, `claim ${JSON.stringify(key)}`)),
    async remove(key) {
      const { client, bucket, root } = target;
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: root + key })).catch((error: unknown) => fail(error, target, `give up ${JSON.stringify(key)}`));
    },
  };
}

async function put({ client, bucket, root, encryption }: S3Target, key: string, bytes: Uint8Array, condition?: "*"): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: root + key, Body: bytes, IfNoneMatch: condition, ...encrypting(encryption) }));
}

function fail(error: unknown, target: S3Target, attempted: string): never {
  throw error instanceof LedgerError ? error : s3Error(error, target, attempted);
}
