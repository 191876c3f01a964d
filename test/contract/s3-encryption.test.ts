import type { IncomingHttpHeaders } from "node:http";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { configSchema, toLocation } from "../../src/config/config.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { KMS_KEY } from "../services/ceph.ts";
import { freshS3, type FreshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { bytes } from "./object-store.ts";
import { type Proxy, startProxy } from "./s3-proxy.ts";

let place: FreshS3;
let proxy: Proxy | undefined;
beforeEach(async () => {
  place = await freshS3(SHARED_S3);
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});

/** As a location in the configuration is opened. */
function written(encryption: object, endpoint = place.location.endpoint): ReturnType<typeof toLocation> {
  const { lake } = configSchema.parse({ lake: { ...place.location, endpoint, encryption } });
  return toLocation(lake ?? "");
}

function asked(headers: IncomingHttpHeaders): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-amz-server-side-encryption")));
}

describe("encryption of a location", () => {
  test.each<[object, Record<string, string>]>([
    [{ algorithm: "AES256" }, { "x-amz-server-side-encryption": "AES256" }],
    [
      { algorithm: "aws:kms", key: "alias/ledger", context: { ledger: "acme" }, bucket_key: true },
      {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "alias/ledger",
        "x-amz-server-side-encryption-context": Buffer.from('{"ledger":"acme"}').toString("base64"),
        "x-amz-server-side-encryption-bucket-key-enabled": "true",
      },
    ],
    [
      { algorithm: "aws:kms:dsse", key: "arn:aws:kms:eu-west-1:111122223333:key/1" },
      { "x-amz-server-side-encryption": "aws:kms:dsse", "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-west-1:111122223333:key/1" },
    ],
  ])("%j is asked for with every write, and with nothing else", async (encryption, expected) => {
    const seen: { method: string; headers: Record<string, unknown> }[] = [];
    proxy = await startProxy(place.location.endpoint, ({ method, headers }) => {
      seen.push({ method, headers: asked(headers) });
      return method === "PUT" ? { status: 400 } : undefined;
    });
    const store = await openStore(written(encryption, proxy.endpoint));
    await expect(store.create("created", bytes("x"))).rejects.toMatchObject({ code: "storage_refused" });
    await expect(store.replace("replaced", bytes("x"))).rejects.toMatchObject({ code: "storage_refused" });
    await store.head("created");
    const puts = seen.filter(({ method }) => method === "PUT");
    // Of both writes, and of those by which it is tried what the store does about conditions.
    expect(puts.length).toBeGreaterThanOrEqual(3);
    expect(puts.map(({ headers }) => headers)).toEqual(puts.map(() => expected));
    expect(seen.filter(({ method }) => method !== "PUT").every(({ headers }) => Object.keys(headers).length === 0)).toBe(true);
  });

  test("by a key of the server's key management is what the object has", async () => {
    const store = await openStore(written({ algorithm: "aws:kms", key: KMS_KEY, context: { ledger: "acme" } }));
    await store.create("created", bytes("secret"));
    await store.replace("replaced", bytes("secret"));
    for (const key of ["created", "replaced"]) {
      const found = await place.client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: `${place.prefix}/${key}` }));
      expect(found).toMatchObject({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: KMS_KEY });
      expect(Buffer.from(await store.read(key)).toString()).toBe("secret");
    }
    expect(await store.create("created", bytes("other"))).toBeUndefined();
  });

  test("that the server cannot do keeps anything from being written", async () => {
    const store = await openStore(written({ algorithm: "aws:kms", key: "no-such-key" }));
    await expect(store.create("key", bytes("x"))).rejects.toMatchObject({ code: expect.stringMatching(/^storage_/) as string });
    expect(await store.head("key")).toBeUndefined();
  });

  test.each(["/a/folder", "file:///a/folder"])("is a mistake for %s", async (url) => {
    await expect(openStore({ url, encryption: { algorithm: "AES256" } })).rejects.toMatchObject({ code: "url_invalid" });
  });

  test("names no KMS key where none is used", () => {
    const parsed = configSchema.safeParse({ lake: { ...place.location, encryption: { algorithm: "AES256", key: "alias/ledger" } } });
    expect(parsed.error?.message).toMatch(/AES256/);
  });
});
