import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DeleteObjectCommandInput, PutBucketPolicyCommand, PutObjectCommand, type PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import { vi } from "vitest";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { type FreshS3, freshS3, s3Client } from "../services/s3.ts";
import { SHARED_S3, sharedS3Others } from "../services/shared-s3.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";

/** A statement of an IAM policy, as the files in docs/iam have it. */
export interface Statement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: string;
}

/** A bucket with a store for somebody who may do what a policy says, and nothing else. */
export interface LimitedPlace {
  place: FreshS3;
  store: ObjectStore;
  /** Another store at the place, which has asked nothing yet. */
  open: () => Promise<ObjectStore>;
  /** IAM actions of the requests that were not denied since the last call, in order of name. */
  used: () => string[];
  /** Those of the requests that were denied: the code under test may go on without an answer. */
  denied: () => string[];
}

interface Request {
  name: string;
  input: Partial<PutObjectCommandInput & DeleteObjectCommandInput>;
}

/** The actions that AWS asks for, by its table of required permissions. A request for a version needs another action than one for the current object. */
function actionsOf({ name, input }: Request): string[] {
  const versioned = (action: string): string[] => [input.VersionId === undefined ? `s3:${action}` : `s3:${action}Version`];
  switch (name) {
    case "ListObjectsV2Command":
    case "HeadBucketCommand":
      return ["s3:ListBucket"];
    case "ListObjectVersionsCommand":
      return ["s3:ListBucketVersions"];
    case "HeadObjectCommand":
    case "GetObjectCommand":
      return versioned("GetObject");
    case "DeleteObjectCommand":
      return versioned("DeleteObject");
    case "PutObjectCommand":
      return ["s3:PutObject", ...(input.ObjectLockMode === undefined ? [] : ["s3:PutObjectRetention"])];
    case "CopyObjectCommand":
      return ["s3:GetObjectVersion", "s3:PutObject", ...(input.ObjectLockMode === undefined ? [] : ["s3:PutObjectRetention"])];
    case "GetBucketVersioningCommand":
      return ["s3:GetBucketVersioning"];
    case "GetObjectLockConfigurationCommand":
      return ["s3:GetBucketObjectLockConfiguration"];
    case "GetObjectRetentionCommand":
    case "GetObjectLegalHoldCommand":
    case "PutObjectRetentionCommand":
    case "PutObjectLegalHoldCommand":
      return [`s3:${name.replace(/Command$/, "")}`];
    default:
      throw new Error(`nobody knows what ${name} needs`);
  }
}

/** IAM actions by bucket. */
type Noted = Map<string, Set<string>>;

const used: Noted = new Map();
const denied: Noted = new Map();

function take(noted: Noted, bucket: string): string[] {
  const actions = [...(noted.get(bucket) ?? [])].sort();
  noted.delete(bucket);
  return actions;
}

/**
 * From now on, stores of the code under test are on the tests' server, which to them is AWS, as somebody who may only do what the buckets'
 * policies allow. What the requests needed is noted by bucket.
 */
export async function limitClients(): Promise<void> {
  const { stranger } = await sharedS3Others();
  const limited = s3Client({ endpoint: SHARED_S3.endpoint, ...(stranger ?? SHARED_S3) });
  const prototype = S3Client.prototype as unknown as { send: (this: S3Client, command: object, ...rest: unknown[]) => Promise<unknown> };
  const { send } = prototype;
  vi.spyOn(prototype, "send").mockImplementation(async function (this: S3Client, command: object, ...rest: unknown[]) {
    // Clients of the tests name the server.
    if (this.config.isCustomEndpoint === true) return await send.call(this, command, ...rest);
    const { input } = command as Request;
    const actions = actionsOf({ name: command.constructor.name, input });
    const note = (noted: Noted): void => void noted.set(input.Bucket ?? "", new Set([...(noted.get(input.Bucket ?? "") ?? []), ...actions]));
    try {
      const answer = await send.call(limited, command, ...rest);
      note(used);
      return answer;
    } catch (error) {
      const isDenied = error instanceof Error && "$metadata" in error && (error.$metadata as { httpStatusCode?: number }).httpStatusCode === 403;
      note(isDenied ? denied : used);
      throw error;
    }
  });
}

/**
 * Notes from now on what the requests of somebody who has these keys need; the requests go where they are sent.
 * @param note receives IAM actions
 */
export function noteActions(accessKey: string, note: (action: string) => void): void {
  const prototype = S3Client.prototype as unknown as { send: (this: S3Client, command: object, ...rest: unknown[]) => Promise<unknown> };
  const { send } = prototype;
  vi.spyOn(prototype, "send").mockImplementation(async function (this: S3Client, command: object, ...rest: unknown[]) {
    if ((await this.config.credentials()).accessKeyId === accessKey) actionsOf({ name: command.constructor.name, input: (command as Request).input }).forEach(note);
    return await send.call(this, command, ...rest);
  });
}

/** @param statements of the policies that are in force, with BUCKET and PREFIX in them */
export async function limitedPlace(statements: readonly Statement[], options: { objectLock?: boolean } = {}): Promise<LimitedPlace> {
  const place = await freshS3(SHARED_S3, options);
  await allow(place, statements);
  const open = async (): Promise<ObjectStore> => await openStore({ url: place.location.url, region: "us-east-1" });
  return {
    place,
    store: await open(),
    open,
    used: () => take(used, place.bucket),
    denied: () => take(denied, place.bucket),
  };
}

/** The gateway's exporter, which is somebody else, writes an export a day. */
export async function exportTo({ place: { bucket, prefix, client } }: LimitedPlace, ...requests: readonly Asked[]): Promise<void> {
  const folder = temporaryFolder();
  writeRequests(folder, requests);
  for (const name of readdirSync(folder)) await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}`, Body: readFileSync(join(folder, name)) }));
}

/** On a server that the tests did not start there is nobody but the owner, whom no policy limits. */
export async function allow({ bucket, prefix, client }: FreshS3, statements: readonly Statement[]): Promise<void> {
  const { stranger } = await sharedS3Others();
  if (stranger === undefined) return;
  const Statement = statements.map(({ Effect, Action, Resource }) => ({
    Effect,
    Principal: { AWS: [`arn:aws:iam:::user/${stranger.uid}`] },
    Action,
    Resource: Resource.replace("BUCKET", bucket).replace("PREFIX", prefix),
  }));
  await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }));
}
