import { S3Client } from "@aws-sdk/client-s3";
import { serverOf } from "../place.ts";
import { checkAddressing, usesPathStyle } from "./s3-addressing.ts";
import { endpointOfEnvironment } from "./s3-endpoint.ts";
import { habitsOf, type ListingHabits } from "./s3-order.ts";
import { regionOfEnvironment } from "./s3-region.ts";
import type { Encryption, S3Location } from "../store-location.ts";

/** A bucket, where in it a store's keys begin, and whom to ask. */
export interface S3Target {
  client: S3Client;
  bucket: string;
  /** Goes before every key: empty, or ends with `/`. */
  root: string;
  /** For messages: bucket and prefix. */
  url: string;
  /** For messages: which server this is. */
  server: string;
  /** Asked for with every write; else as the bucket has it. */
  encryption: Encryption | undefined;
  listing: ListingHabits;
}

/** The SDK tries a request this often when the server or the network fails it. */
const SDK_ATTEMPTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
/** Of silence on a connection, not of the whole request: a large object may take its time as long as it moves. */
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
    // Without a logger of its own the SDK writes to the console; what went wrong is in the errors it throws.
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
