import { S3Client } from "@aws-sdk/client-s3";
import { serverOf } from "../place.ts";
import { checkAddressing, usesPathStyle } from "./s3-addressing.ts";
import { endpointOfEnvironment } from "./s3-endpoint.ts";
import { habitsOf, type ListingHabits } from "./s3-order.ts";
import { regionOfEnvironment } from "./s3-region.ts";
import type { Encryption, S3Location } from "../store-location.ts";

/** A bucket, the prefix of a store's keys in it, and the client to use. */
export interface S3Target {
  client: S3Client;
  bucket: string;
  /** Prefix of every key: empty, or ends with `/`. */
  root: string;
  /** For messages: bucket and prefix. */
  url: string;
  /** For messages: the server. */
  server: string;
  /** Requested with every write; without it the bucket's default applies. */
  encryption: Encryption | undefined;
  listing: ListingHabits;
}

/** Attempts of the SDK for one request that the server or the network fails. */
const SDK_ATTEMPTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
/** Limits silence on a connection, not the whole request: a large object may take long as long as bytes arrive. */
const SILENCE_TIMEOUT_MS = 60_000;

/** Opens a client for the location, with the endpoint, region and credentials of the environment where it names none. */
export async function openS3Target(location: S3Location): Promise<S3Target> {
  const endpoint = location.endpoint ?? endpointOfEnvironment();
  checkAddressing(location, endpoint);
  const region = location.region ?? (await regionOfEnvironment());
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: location.pathStyle ?? usesPathStyle(endpoint),
    region,
    maxAttempts: SDK_ATTEMPTS,
    // By default the SDK wraps bodies in aws-chunked to append a checksum, which several servers refuse or store as
    // if it were content. Content-MD5 and our own digests do the checking.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: SILENCE_TIMEOUT_MS },
    // Without a logger the SDK writes to the console; its errors already say what went wrong.
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  return {
    client,
    bucket: location.bucket,
    root: location.prefix === "" ? "" : `${location.prefix}/`,
    url: location.prefix === "" ? `s3://${location.bucket}` : `s3://${location.bucket}/${location.prefix}`,
    server: endpoint ?? "AWS",
    encryption: location.encryption,
    listing: habitsOf(serverOf(endpoint, location.bucket, region), location.bucket),
  };
}

function ignore(): void {
  // Nothing is worth a line of its own.
}
