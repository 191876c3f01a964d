import { usesPathStyle } from "../storage/s3/s3-addressing.ts";
import { endpointOfEnvironment } from "../storage/s3/s3-endpoint.ts";
import { regionOfEnvironment } from "../storage/s3/s3-region.ts";
import { parseLocation, type StoreLocation } from "../storage/store-location.ts";
import type { LakePlace } from "./engines/lake-table.ts";

/** Where a lake is, with what the environment adds, as the S3 client would find it. Throws `url_invalid`. */
export async function locateLake(location: StoreLocation): Promise<LakePlace> {
  const parsed = parseLocation(location);
  if (parsed.kind === "fs") return { kind: "disk", directory: parsed.directory };
  const endpoint = parsed.endpoint ?? endpointOfEnvironment();
  return {
    kind: "bucket",
    bucket: parsed.bucket,
    prefix: parsed.prefix === "" ? "" : `${parsed.prefix}/`,
    endpoint: endpoint ?? null,
    region: parsed.region ?? (endpoint === undefined ? await regionOfEnvironment() : null),
    isInPath: parsed.pathStyle ?? usesPathStyle(endpoint),
  };
}
