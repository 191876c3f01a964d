import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { objectChanged, objectMissing } from "../object-errors.ts";
import type { S3Target } from "./s3-client.ts";

/** Turns an error of the SDK, the network or a body stream into one that says what failed, where, and what to do. */
export function s3Error(error: unknown, target: S3Target, attempted: string, key?: string): LedgerError {
  if (error instanceof LedgerError) return error;
  const facts = factsOf(error);
  const cause = withoutRequest(error, facts);
  const { name, code, status } = facts;

  if (name === "NoSuchBucket") return bucketMissing(target, error);
  if (key !== undefined && (name === "NoSuchKey" || status === 404)) return objectMissing(target.url, key, cause);
  if (key !== undefined && status === 412) return objectChanged(target.url, key, cause);

  const message = `${target.url}: cannot ${attempted} (${target.server}): ${facts.text}`;
  if (REDIRECTIONS.has(name) || status === 301 || status === 307) {
    return new LedgerError("storage_refused", message, {
      remedy: "The bucket is in another region: name it with ?region=… in the url, `region`, or AWS_REGION.",
      cause,
    });
  }
  if (VIRTUAL_HOSTED_ONLY.has(name)) {
    return new LedgerError("storage_refused", message, {
      remedy: "This server accepts the bucket only in the host name: add ?path_style=false to the url, or path_style: false to the configuration.",
      cause,
    });
  }
  if (name === "RequestTimeTooSkewed") {
    // A clock that jumped may be corrected meanwhile, or the client learns the difference.
    return new LedgerError("storage_denied", message, { remedy: "Set this machine's clock.", retryable: true, cause });
  }
  if (DENIALS.has(name) || status === 401 || status === 403) {
    return new LedgerError("storage_denied", message, { remedy: CREDENTIALS_REMEDY, cause });
  }
  if (isUnavailable(name, code, status)) {
    return new LedgerError("storage_unavailable", message, {
      remedy: `Try again; if it persists, check that ${target.server} is reachable and healthy.`,
      retryable: true,
      cause,
    });
  }
  return new LedgerError("storage_refused", message, {
    remedy: `Check that ${target.server} is an S3 server, and that it supports the request (conditional writes, ListObjectsV2).`,
    cause,
  });
}

/** A bucket that does not exist or that this account cannot see. */
export function bucketMissing(target: S3Target, error: unknown): LedgerError {
  const cause = withoutRequest(error, factsOf(error));
  return new LedgerError("bucket_missing", `${target.url}: there is no bucket ${JSON.stringify(target.bucket)} (${target.server}).`, {
    remedy: "Check the name and the endpoint, or create the bucket: this program does not create buckets.",
    cause,
  });
}

/** The HTTP status of an SDK error. */
export function statusOf(error: unknown): number | undefined {
  return factsOf(error).status;
}

/** The error name that the server, the SDK or the system uses. */
export function nameOf(error: unknown): string {
  return factsOf(error).name;
}

const CREDENTIALS_REMEDY =
  "Check the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN if they are temporary), or " +
  "AWS_PROFILE. They need s3:ListBucket on the bucket and s3:GetObject, s3:PutObject and s3:DeleteObject on its objects; " +
  "with Object Lock or KMS more: see the section on permissions in docs/operations.md.";

const REDIRECTIONS: ReadonlySet<string> = new Set(["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"]);

/** Error names of servers that refuse a bucket in the path: Alibaba OSS, Tencent COS. */
const VIRTUAL_HOSTED_ONLY: ReadonlySet<string> = new Set(["SecondLevelDomainForbidden", "PathStyleDomainForbidden"]);

const DENIALS: ReadonlySet<string> = new Set([
  "AccessDenied",
  "AccountProblem",
  "AllAccessDisabled",
  "CredentialsProviderError",
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidToken",
  "SignatureDoesNotMatch",
  "TokenProviderError",
  "TokenRefreshRequired",
]);

/** Network failures, and failures for which S3 uses a 4xx status although trying again helps. */
const RETRYABLE: ReadonlySet<string> = new Set(
  (
    "BadDigest ConditionalRequestConflict IncompleteBody OperationAborted RequestTimeout SlowDown TimeoutError " +
    "EAI_AGAIN ECONNABORTED ECONNREFUSED ECONNRESET EHOSTDOWN EHOSTUNREACH ENETDOWN ENETUNREACH ENOTFOUND EPIPE " +
    "ERR_STREAM_PREMATURE_CLOSE ETIMEDOUT"
  ).split(" "),
);

function isUnavailable(name: string, code: string, status: number | undefined): boolean {
  if (name === "NotImplemented") return false;
  return RETRYABLE.has(name) || RETRYABLE.has(code) || status === 429 || (status !== undefined && status >= 500);
}

interface Facts {
  name: string;
  code: string;
  status: number | undefined;
  requestId: string | undefined;
  /** For messages. */
  text: string;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function factsOf(error: unknown): Facts {
  const name = textOf(fieldOf(error, "name")) ?? "Error";
  const code = textOf(fieldOf(error, "code")) ?? "";
  const metadata = fieldOf(error, "$metadata");
  // An error that was already made safe to log has the status as its own member.
  const httpStatus = fieldOf(metadata, "httpStatusCode") ?? fieldOf(error, "status");
  const status = typeof httpStatus === "number" ? httpStatus : undefined;
  const requestId = fieldOf(metadata, "requestId");
  // A refused connection to a name with several addresses has an empty message; a failed HEAD, which has no body, has a useless one.
  const message = messageOf(error);
  // Always one line, whatever the server says: only our own text may begin a line.
  const said = message === "" || message === "UnknownError" ? "" : message.replace(/\s*[\r\n\u2028\u2029]+\s*/g, " ");
  const label = name === "Error" || name === "AggregateError" || /^\d+$/.test(name) ? code : name;
  const words = [label, said].filter((word, index) => word !== "" && (index > 0 || !said.includes(word)));
  const text = words.length > 0 ? words.join(": ") : "no reason given";
  return {
    name,
    code,
    status,
    requestId: typeof requestId === "string" ? requestId : undefined,
    text: status === undefined ? text : `${text} (HTTP ${status})`,
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}

/**
 * The SDK's error without its request and response: their headers hold session tokens and signatures, which would be
 * logged along with the cause.
 */
function withoutRequest(error: unknown, { name, code, status, requestId }: Facts): Error {
  const safe = new Error(messageOf(error));
  safe.name = name;
  const stack = fieldOf(error, "stack");
  if (typeof stack === "string") safe.stack = stack;
  const details = { code: code === "" ? undefined : code, status, requestId };
  return Object.assign(safe, Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)));
}
