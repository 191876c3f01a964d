/**
 * Where a store's objects are, whatever it is called: two places of the same description hold the same objects.
 */
export type Place = FsPlace | S3Place;

export interface FsPlace {
  kind: "fs";
  /** The directories from the root of the file system down to this one, each by what no second path to it can change. */
  directories: readonly string[];
}

export interface S3Place {
  kind: "s3";
  /** As `serverOf` says it. */
  server: string;
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string;
}

/** How two places share objects; the first one is the subject. */
export type Overlap = "is" | "lies inside" | "holds";

/** Undefined where no object of the one can be one of the other. */
export function overlapOf(one: Place, other: Place): Overlap | undefined {
  const [inside, holds] = [isWithin(one, other), isWithin(other, one)];
  if (inside && holds) return "is";
  if (inside) return "lies inside";
  return holds ? "holds" : undefined;
}

/** Whether every object of the inner place is one of the outer place. */
function isWithin(inner: Place, outer: Place): boolean {
  if (inner.kind === "fs") return outer.kind === "fs" && inner.directories.includes(outer.directories.at(-1) ?? "");
  if (outer.kind === "fs" || inner.server !== outer.server || inner.bucket !== outer.bucket) return false;
  return outer.prefix === "" || `${inner.prefix}/`.startsWith(`${outer.prefix}/`);
}

/** AWS's own names: of regions, of dual stack, FIPS and acceleration, and behind a VPC endpoint. A bucket is one in all of them. */
const AWS_HOST = /(?:^|\.)s3(?:[.-][a-z0-9.-]+)?\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/;
const LOOPBACK_HOST = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/;
/** A server that listens at both has one set of buckets. */
const USUAL_PORTS = ["", "80", "443"];

/**
 * One text for every way to write an S3 server.
 * @param endpoint http(s) url; undefined for AWS. @param bucket may stand in front of the host's name.
 */
export function serverOf(endpoint: string | undefined, bucket: string): string {
  if (endpoint === undefined) return "AWS";
  const { hostname, port, pathname } = new URL(endpoint);
  const host = hostname.toLowerCase().replace(/\.$/, "");
  const ofBucket = `${bucket.toLowerCase()}.`;
  const server = host.startsWith(ofBucket) ? host.slice(ofBucket.length) : host;
  if (AWS_HOST.test(server)) return "AWS";
  const path = pathname.split("/").filter((part) => part !== "").map((part) => `/${part}`).join("");
  return `${LOOPBACK_HOST.test(server) ? "localhost" : server}${USUAL_PORTS.includes(port) ? "" : `:${port}`}${path}`;
}
