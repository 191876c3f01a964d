import { GetObjectRetentionCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { vi } from "vitest";
import type { ObjectLocks, Retention } from "../../src/storage/object-locks.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { type FreshS3, freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import type { LimitedAccount } from "./limited-account.ts";

/** A store in a bucket of its own, and what it is from outside. */
export interface LockedPlace {
  place: FreshS3;
  store: ObjectStore;
  locks: ObjectLocks;
  /** Versions and delete markers of whatever begins with the key, newest first. */
  versionsOf: (key: string) => Promise<{ id: string; isMarker: boolean }[]>;
}

/** @param account for which the store is opened; by default the bucket's owner */
export async function lockedPlace(objectLock = true, account?: LimitedAccount): Promise<LockedPlace> {
  const place = await freshS3(SHARED_S3, { objectLock });
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
  await account?.actIn(place);
  const store = await openStore(place.location);
  return { place, store, locks: locksOf(store), versionsOf: (key) => listVersions(place, key) };
}

export function locksOf({ locks, url }: ObjectStore): ObjectLocks {
  if (locks === undefined) throw new Error(`${url} has no locks`);
  return locks;
}

async function listVersions({ bucket, prefix, client }: FreshS3, key: string): Promise<{ id: string; isMarker: boolean }[]> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: `${prefix}/${key}` }));
  return [
    ...DeleteMarkers.map(({ VersionId = "" }) => ({ id: VersionId, isMarker: true })),
    ...Versions.map(({ VersionId = "" }) => ({ id: VersionId, isMarker: false })),
  ];
}

/** How the server says that a version is locked. */
export async function retentionAt({ bucket, client }: Pick<FreshS3, "bucket" | "client">, key: string, version?: string): Promise<Retention> {
  const { Retention: found } = await client.send(new GetObjectRetentionCommand({ Bucket: bucket, Key: key, VersionId: version }));
  if (found?.Mode === undefined || found.RetainUntilDate === undefined) throw new Error(`${key} is not locked`);
  return { mode: found.Mode, until: found.RetainUntilDate };
}

/** That many seconds from now, on the second. */
export function inSeconds(seconds: number): Date {
  return new Date((Math.floor(Date.now() / 1000) + seconds) * 1000);
}

export const HOUR = 3600;
