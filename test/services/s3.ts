import { randomUUID } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { S3Keys, S3Service } from "./ceph.ts";

/** A place of its own for one test: as the code under test wants it told, and a client to look at it from outside. */
export interface FreshS3 {
  bucket: string;
  prefix: string;
  location: { url: string; endpoint: string; region: string };
  /** The credentials, as variables for `process.env` or a child process. */
  env: Record<"AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY", string>;
  client: S3Client;
}

/** Makes a bucket; `objectLock` as archives want it (which also turns versioning on). */
export async function freshS3(service: S3Service, options: { objectLock?: boolean } = {}): Promise<FreshS3> {
  const client = s3Client(service);
  const bucket = `test-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: options.objectLock ?? false }));
  const prefix = `some/prefix-${randomUUID().slice(0, 8)}`;
  return {
    bucket,
    prefix,
    location: { url: `s3://${bucket}/${prefix}`, endpoint: service.endpoint, region: "us-east-1" },
    env: { AWS_ACCESS_KEY_ID: service.accessKey, AWS_SECRET_ACCESS_KEY: service.secretKey },
    client,
  };
}

/** A client of whoever the keys are. */
export function s3Client({ endpoint, accessKey, secretKey }: S3Keys & { endpoint: string }): S3Client {
  return new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}
