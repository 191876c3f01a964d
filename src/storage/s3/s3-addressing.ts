import { isIP } from "node:net";
import { LedgerError } from "../../ledger/errors.ts";
import type { S3Location } from "../store-location.ts";

/** Servers that refuse a bucket in the path, by the names of their hosts: Alibaba Cloud OSS. */
const VIRTUAL_HOSTED = /(?:^|\.)aliyuncs\.com$/i;

/**
 * How requests name the bucket where nobody says it: AWS and servers that refuse anything else get it in front of the host's name, all
 * others in the path, which needs no name of its own for each bucket.
 */
export function usesPathStyle(endpoint: string | undefined): boolean {
  return endpoint !== undefined && !VIRTUAL_HOSTED.test(new URL(endpoint).hostname);
}

/** Throws `url_invalid` where a bucket is to stand in front of a host that has no name. */
export function checkAddressing({ bucket, pathStyle }: S3Location, endpoint: string | undefined): void {
  if (pathStyle !== false || endpoint === undefined) return;
  const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) === 0) return;
  throw new LedgerError("url_invalid", `path_style is false for bucket ${JSON.stringify(bucket)}, and ${host} is an address, which nothing can stand in front of`, {
    remedy: "Give the endpoint by the name of its host, or leave out path_style.",
  });
}
