import { DeleteBucketPolicyCommand, DeleteObjectCommand, PutBucketPolicyCommand, PutObjectRetentionCommand, type S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import type { LockMode } from "../../src/storage/object-locks.ts";
import { s3Client } from "../services/s3.ts";
import { SHARED_S3, sharedS3Others } from "../services/shared-s3.ts";
import { HOUR, inSeconds, lockedPlace, type LockedPlace, retentionAt } from "./locked-place.ts";
import { bytes } from "./object-store.ts";

/** The bucket's owner, and whoever else the server that was started for the tests has. */
const OTHERS = await sharedS3Others();
const ROLES = ["owner", ...Object.keys(OTHERS)];

const DAY = 24 * HOUR;

let ground: LockedPlace;
const clients = new Map<string, S3Client>();

/** Lets everybody do everything with the bucket, but nobody what is denied. */
async function letIn(denied?: string): Promise<void> {
  const { bucket, client } = ground.place;
  const resources = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  const others = Object.values(OTHERS).map(({ uid }) => `arn:aws:iam:::user/${uid}`);
  const allow = { Effect: "Allow", Principal: { AWS: others }, Action: "s3:*", Resource: resources };
  const deny = { Effect: "Deny", Principal: "*", Action: denied, Resource: resources };
  const statements = [...(others.length === 0 ? [] : [allow]), ...(denied === undefined ? [] : [deny])];
  if (statements.length === 0) await client.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
  else await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: statements }) }));
}

interface Locked {
  place: { Bucket: string; Key: string; VersionId: string };
  until: Date;
}

async function lockedObject(key: string, mode: LockMode): Promise<Locked> {
  const until = inSeconds(DAY);
  await ground.store.create(key, bytes("evidence"), { mode, until });
  const [{ id } = { id: "" }] = await ground.versionsOf(key);
  return { place: { Bucket: ground.place.bucket, Key: `${ground.place.prefix}/${key}`, VersionId: id }, until };
}

/** Whether the server let it be done: `done`, or the name of its refusal. */
async function attempt(role: string, command: DeleteObjectCommand | PutObjectRetentionCommand): Promise<string> {
  const client = clients.get(role);
  if (client === undefined) throw new Error(`nobody is ${role}`);
  try {
    if (command instanceof DeleteObjectCommand) await client.send(command);
    else await client.send(command);
    return "done";
  } catch (error) {
    return error instanceof Error ? error.name : "";
  }
}

beforeAll(async () => {
  ground = await lockedPlace();
  clients.set("owner", ground.place.client);
  for (const [role, user] of Object.entries(OTHERS)) clients.set(role, s3Client({ ...user, endpoint: SHARED_S3.endpoint }));
  await letIn();
});

describe.each(ROLES)("%s", (role) => {
  test("cannot delete what COMPLIANCE locks, nor shorten or weaken the lock, whatever is bypassed", async () => {
    const { place, until } = await lockedObject(`compliance/${role}`, "COMPLIANCE");
    for (const BypassGovernanceRetention of [false, true]) {
      const bypass = { ...place, BypassGovernanceRetention };
      expect(await attempt(role, new DeleteObjectCommand(bypass))).toBe("AccessDenied");
      const shorter = { Mode: "COMPLIANCE" as const, RetainUntilDate: inSeconds(HOUR) };
      expect(await attempt(role, new PutObjectRetentionCommand({ ...bypass, Retention: shorter }))).toBe("AccessDenied");
      const weaker = { Mode: "GOVERNANCE" as const, RetainUntilDate: until };
      expect(await attempt(role, new PutObjectRetentionCommand({ ...bypass, Retention: weaker }))).toBe("AccessDenied");
    }
    expect(await retentionAt(ground.place, place.Key, place.VersionId)).toEqual({ mode: "COMPLIANCE", until });
  });

  test("cannot delete what GOVERNANCE locks, nor shorten the lock, without saying so", async () => {
    const { place, until } = await lockedObject(`governance/${role}`, "GOVERNANCE");
    expect(await attempt(role, new DeleteObjectCommand(place))).toBe("AccessDenied");
    const shorter = { Mode: "GOVERNANCE" as const, RetainUntilDate: inSeconds(HOUR) };
    expect(await attempt(role, new PutObjectRetentionCommand({ ...place, Retention: shorter }))).toBe("AccessDenied");
    expect(await retentionAt(ground.place, place.Key, place.VersionId)).toEqual({ mode: "GOVERNANCE", until });
  });

  test("can lift GOVERNANCE with s3:BypassGovernanceRetention, and not without it", async () => {
    const { place } = await lockedObject(`lifted/${role}`, "GOVERNANCE");
    const lifting = new DeleteObjectCommand({ ...place, BypassGovernanceRetention: true });
    await letIn("s3:BypassGovernanceRetention");
    expect(await attempt(role, lifting)).toBe("AccessDenied");
    await letIn();
    expect(await attempt(role, lifting)).toBe("done");
    expect(await ground.versionsOf(`lifted/${role}`)).toEqual([]);
  });
});
