/**
 * Where a store's objects are, independent of how the url is written: two equal places hold the same objects.
 */
export type Place = FsPlace | S3Place;

export interface FsPlace {
  kind: "fs";
  /** The directories from the root of the file system to this one, each in a form that is the same for every path to it. */
  directories: readonly string[];
}

interface S3Place {
  kind: "s3";
  /** In the form of `serverOf`. */
  server: string;
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string;
}

/** How two places share objects, seen from the first. */
export type Overlap = "is" | "lies inside" | "holds";

/** Undefined where the two places cannot share an object. */
export function overlapOf(one: Place, other: Place): Overlap | undefined {
  const [inside, holds] = [isWithin(one, other), isWithin(other, one)];
  if (inside && holds) return "is";
  if (inside) return "lies inside";
  return holds ? "holds" : undefined;
}

/** Whether the outer place contains every object of the inner place. */
function isWithin(inner: Place, outer: Place): boolean {
  if (inner.kind === "fs") return outer.kind === "fs" && inner.directories.includes(outer.directories.at(-1) ?? "");
  if (outer.kind === "fs" || inner.server !== outer.server || inner.bucket !== outer.bucket) return false;
  return outer.prefix === "" || `${inner.prefix}/`.startsWith(`${outer.prefix}/`);
}

/** AWS's own host names: regional, dual-stack, FIPS, accelerated, and VPC endpoints. Within a partition, a bucket's name is unique. */
const AWS_HOST = /(?:^|\.)s3(?<named>[.-][a-z0-9.-]+)?\.(?:amazonaws\.(?:com|eu)(?<china>\.cn)?|api\.aws)$/;
/** Prefixes of the regions in AWS's separate partitions: China, GovCloud, agencies, and the European sovereign cloud. Each partition has its own bucket names. */
const APART = /(?:^|[.-])(?<partition>cn|us-gov|us-iso[a-z]?|eu-isoe|eusc)-[a-z]+-/;
const AWS = "AWS";
const LOOPBACK_HOST = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/;
/** A server that listens on both has one set of buckets. */
const USUAL_PORTS = ["", "80", "443"];

/**
 * The canonical name of an S3 server, whichever way its url is written.
 * @param endpoint http(s) url; undefined for AWS. @param bucket may be the first part of the host name.
 * @param region decides the AWS partition where there is no endpoint.
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

/** @param named a region, or a text that contains its name. */
function awsOf(named: string): string {
  const partition = APART.exec(named.toLowerCase())?.groups?.["partition"];
  return partition === undefined ? AWS : `${AWS} ${partition}`;
}

/** @param server in the form of `serverOf`: no other host name has a capital letter. */
export function isAws(server: string): boolean {
  return server.startsWith(AWS);
}
