import { isIP } from "node:net";
import { LedgerError } from "../../ledger/errors.ts";
import type { S3Location } from "../store-location.ts";

/** Host names of servers that refuse a bucket in the path: Alibaba Cloud OSS. */
const VIRTUAL_HOSTED = /(?:^|\.)aliyuncs\.com$/i;

/**
 * How requests name the bucket by default: in the host name for AWS and for servers that refuse anything else; in the path for all
 * others, since that needs no host name for each bucket.
 */
export function usesPathStyle(endpoint: string | undefined): boolean {
  return endpoint !== undefined && !VIRTUAL_HOSTED.test(new URL(endpoint).hostname);
}

/** Throws `url_invalid` where the bucket should be part of the host name and the host is an IP address. */
export function checkAddressing({ bucket, pathStyle }: S3Location, endpoint: string | undefined): void {
  if (pathStyle !== false || endpoint === undefined) return;
  const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) === 0) return;
  throw new LedgerError("url_invalid", `path_style is false for bucket ${JSON.stringify(bucket)}, and ${host} is an IP address, which cannot contain the bucket`, {
    remedy: "Give the endpoint by the name of its host, or leave out path_style.",
  });
}
