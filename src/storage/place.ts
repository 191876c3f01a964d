/**
 * Where a store's objects are, whatever it is called: two places of the same description hold the same objects.
 */
export type Place = FsPlace | S3Place;

export interface FsPlace {
  kind: "fs";
  /** The directories from the root of the file system down to this one, each by what no second path to it can change. */
  directories: readonly string[];
}

interface S3Place {
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

/** AWS's own names: of regions, of dual stack, FIPS and acceleration, and behind a VPC endpoint. A bucket is one in all of a partition. */
const AWS_HOST = /(?:^|\.)s3(?<named>[.-][a-z0-9.-]+)?\.(?:amazonaws\.(?:com|eu)(?<china>\.cn)?|api\.aws)$/;
/** How the regions begin that AWS keeps apart from its others: China, GovCloud, those of agencies, and Europe's sovereign ones. A bucket's name may be taken once in each partition. */
const APART = /(?:^|[.-])(?<partition>cn|us-gov|us-iso[a-z]?|eu-isoe|eusc)-[a-z]+-/;
const AWS = "AWS";
const LOOPBACK_HOST = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/;
/** A server that listens at both has one set of buckets. */
const USUAL_PORTS = ["", "80", "443"];

/**
 * One text for every way to write an S3 server.
 * @param endpoint http(s) url; undefined for AWS. @param bucket may stand in front of the host's name.
 * @param region says which AWS where no endpoint does.
 */
export function serverOf(endpoint: string | undefined, bucket: string, region = ""): string {
  if (endpoint === undefined) return awsOf(region);
  const { hostname, port, pathname } = new URL(endpoint);
  const host = hostname.toLowerCase().replace(/\.$/, "");
  const ofBucket = `${bucket.toLowerCase()}.`;
  const server = host.startsWith(ofBucket) ? host.slice(ofBucket.length) : host;
  const ofAws = AWS_HOST.exec(server)?.groups;
  if (ofAws !== undefined) return ofAws["china"] === undefined ? awsOf(ofAws["named"] ?? "") : `${AWS} cn`;
  const path = pathname.split("/").filter((part) => part !== "").map((part) => `/${part}`).join("");
  return `${LOOPBACK_HOST.test(server) ? "localhost" : server}${USUAL_PORTS.includes(port) ? "" : `:${port}`}${path}`;
}

/** @param named a region, or what has its name in it. */
function awsOf(named: string): string {
  const partition = APART.exec(named.toLowerCase())?.groups?.["partition"];
  return partition === undefined ? AWS : `${AWS} ${partition}`;
}

/** @param server as `serverOf` says it: no other host's name has a capital letter. */
export function isAws(server: string): boolean {
  return server.startsWith(AWS);
}
