import { afterEach, describe, expect, test, vi } from "vitest";
import { findPlace } from "../../src/storage/find-place.ts";
import { openStore, type StoreLocation } from "../../src/storage/open-store.ts";
import { overlapOf } from "../../src/storage/place.ts";
import { freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";

/** What two locations of one bucket are called by, from the bucket and the server's endpoint. */
type Spelling = (bucket: string, endpoint: string) => StoreLocation;

describe("two places on a real server overlap exactly where the one lists what the other wrote", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each<[string, Spelling, Spelling]>([
    ["a slash at the end", (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint }), (bucket, endpoint) => ({ url: `s3://${bucket}/prod/`, endpoint })],
    ["a slash behind the endpoint", (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint }), (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint: `${endpoint}/` })],
    ["another region", (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint, region: "us-east-1" }), (bucket, endpoint) => ({ url: `s3://${bucket}/prod?region=eu-west-1`, endpoint })],
    ["the endpoint in the url", (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint }), (bucket, endpoint) => ({ url: `s3://${bucket}/prod?endpoint=${encodeURIComponent(endpoint)}` })],
    ["the endpoint of the environment", (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint }), (bucket) => ({ url: `s3://${bucket}/prod` })],
    ["another name of the host", (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint }), (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint: endpoint.replace("127.0.0.1", "LocalHost") })],
    ["a prefix inside", (bucket, endpoint) => ({ url: `s3://${bucket}/prod/eu`, endpoint }), (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint })],
    ["the whole bucket", (bucket, endpoint) => ({ url: `s3://${bucket}/prod/eu`, endpoint }), (bucket, endpoint) => ({ url: `s3://${bucket}`, endpoint })],
    ["a longer name", (bucket, endpoint) => ({ url: `s3://${bucket}/prod2`, endpoint }), (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint })],
    ["capitals in the prefix", (bucket, endpoint) => ({ url: `s3://${bucket}/Prod`, endpoint }), (bucket, endpoint) => ({ url: `s3://${bucket}/prod`, endpoint })],
    ["a percent sign in the prefix", (bucket, endpoint) => ({ url: `s3://${bucket}/a%62`, endpoint }), (bucket, endpoint) => ({ url: `s3://${bucket}/ab`, endpoint })],
  ])("%s", async (_what, written, read) => {
    const service = SHARED_S3;
    const { bucket, env } = await freshS3(service);
    for (const [name, value] of Object.entries({ ...env, AWS_ENDPOINT_URL_S3: service.endpoint })) vi.stubEnv(name, value);
    const [one, other] = [written(bucket, service.endpoint), read(bucket, service.endpoint)];
    await (await openStore(one)).create("export", Buffer.from("x"));
    const listed: string[] = [];
    for await (const { key } of (await openStore(other)).list("")) listed.push(key);
    const overlap = overlapOf(await findPlace(one), await findPlace(other));
    expect(overlap === "is" || overlap === "lies inside").toBe(listed.length > 0);
  });
});
