import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import type { KeyRules } from "./object-keys.ts";

/** Where a store is, as the configuration writes it. */
export interface StoreLocation {
  /** `file:///dir`, a path, or `s3://bucket/prefix`, optionally with `?endpoint=…&region=…&path_style=…`. */
  url: string;
  /** Url of an S3-compatible server other than AWS. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** Whether requests name the bucket in the path or in the host name; undefined: whichever the server is known to accept. */
  pathStyle?: boolean | undefined;
  /** For objects written to a bucket. */
  encryption?: Encryption | undefined;
}

/** Server-side encryption, with the parameters of the S3 API. */
export interface Encryption {
  algorithm: "aws:kms" | "aws:kms:dsse" | "AES256";
  /** Id, ARN or alias of the KMS key; without it the bucket's own key is used. */
  key?: string | undefined;
  /** KMS encryption context. */
  context?: Readonly<Record<string, string>> | undefined;
  /** S3 Bucket Keys: fewer calls to KMS. */
  bucketKey?: boolean | undefined;
}

export interface FsLocation {
  kind: "fs";
  directory: string;
}

export interface S3Location {
  kind: "s3";
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string;
  endpoint: string | undefined;
  region: string | undefined;
  pathStyle: boolean | undefined;
  encryption: Encryption | undefined;
}

/**
 * Reads a location; parameters of the url override the other fields. Throws `url_invalid`.
 * @param rules `foreign`: other programs write below the prefix, which may be any text.
 */
export function parseLocation(location: StoreLocation, rules: KeyRules = "own"): FsLocation | S3Location {
  const { url } = location;
  if (url === "" || url.includes("\0")) throw urlInvalid(url, "it is empty or contains a NUL character");
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== "s3" && location.encryption !== undefined) throw urlInvalid(url, "encryption is a setting of S3, and this is not an S3 url");
  if (scheme === undefined) return { kind: "fs", directory: resolve(url) };
  if (scheme === "file") return { kind: "fs", directory: directoryOf(url) };
  if (scheme === "s3") return parseS3(location, rules);
  throw urlInvalid(url, `${scheme}: is not a kind of store`);
}

function directoryOf(url: string): string {
  if (!/^file:\/\//i.test(url)) throw urlInvalid(url, "file: is followed by three slashes and an absolute path");
  if (/[?#]/.test(url)) throw urlInvalid(url, "a path's ? and # are written %3F and %23 in a file url");
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw urlInvalid(url, `it does not name a directory of this machine (${messageOf(error)})`);
  }
}

function parseS3({ url, endpoint, region, pathStyle, encryption }: StoreLocation, rules: KeyRules): S3Location {
  const match = /^s3:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/is.exec(url);
  const bucket = match?.[1] ?? "";
  if (/[:@]/.test(bucket)) throw urlInvalid(url, "credentials do not belong in a url");
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i.test(bucket)) {
    throw urlInvalid(url, "it does not name a bucket (3 to 63 letters, digits, dots, hyphens)");
  }
  const prefix = (match?.[2] ?? "").replace(/\/$/, "");
  if (rules === "own" && prefix !== "" && prefix.split("/").some((part) => part === "" || part === "." || part === "..")) {
    throw urlInvalid(url, "its prefix has a part that is empty, . or ..");
  }
  const parameters = parametersOf(url, match?.[3] ?? "");
  const server = parameters.get("endpoint") ?? endpoint;
  if (server !== undefined) checkEndpoint(server, "an endpoint");
  const style = parameters.get("path_style");
  if (style !== null && style !== "true" && style !== "false") throw urlInvalid(url, "path_style is true or false");
  return {
    kind: "s3",
    bucket,
    prefix,
    endpoint: server,
    region: parameters.get("region") ?? region,
    pathStyle: style === null ? pathStyle : style === "true",
    encryption,
  };
}

function parametersOf(url: string, query: string): URLSearchParams {
  const parameters = new URLSearchParams(query);
  for (const [name, value] of parameters) {
    if (name !== "endpoint" && name !== "region" && name !== "path_style") {
      throw urlInvalid(url, `it has a parameter ${JSON.stringify(name)}; the parameters are endpoint, region and path_style`);
    }
    if (value === "") throw urlInvalid(url, `its parameter ${name} is empty`);
  }
  return parameters;
}

/** Throws `url_invalid` unless it is an http(s) url without credentials. @param what names the setting in the message. */
export function checkEndpoint(endpoint: string, what: string): void {
  const parsed = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
    throw urlInvalid(endpoint, `${what} must be the http or https url of an S3 server`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw urlInvalid(endpoint, `credentials do not belong in ${what}`);
  }
  if (parsed.search !== "" || parsed.hash !== "") throw urlInvalid(endpoint, `${what} must not have a ? or # part`);
}

function urlInvalid(url: string, problem: string): LedgerError {
  return new LedgerError("url_invalid", `${JSON.stringify(showLocation(url))} is not a place to keep objects: ${problem}.`, {
    remedy:
      "Use file:///directory, a path, or s3://bucket/prefix, with ?endpoint=http://host:port&region=name for a server " +
      "other than AWS. Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role.",
  });
}

/**
 * A url without its secrets, for messages: only our own parameters are kept, and everything up to the last @ is dropped,
 * since a password may contain slashes and question marks.
 */
export function showLocation(url: string): string {
  const [place = "", query] = url.replace(/^([a-z][a-z0-9+.-]*:\/*)?.*@/is, "$1***@").split(/\?(.*)/s, 2);
  if (query === undefined) return place;
  return /%40|(?:^|&)(?!endpoint=|region=|path_style=)/i.test(query) ? `${place}?***` : `${place}?${query}`;
}
