import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { LedgerError } from "../../ledger/errors.ts";
import type { S3Target } from "./s3-client.ts";
import { s3Error } from "./s3-errors.ts";

/**
 * The time of the server's clock: the `Date` header of an answer. Undefined where the server does not send it or refuses the request.
 * Writes nothing: a probe object would stay in a bucket that locks every object.
 */
export async function serverTime(target: S3Target): Promise<Date | undefined> {
  let date: string | undefined;
  const command = new HeadBucketCommand({ Bucket: target.bucket });
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = dateOf(result.response);
      return result;
    },
    { step: "deserialize", name: "noteServerTime", priority: "high" },
  );
  try {
    await target.client.send(command);
  } catch (error) {
    const reason = s3Error(error, target, "ask what time it is");
    if (reason instanceof LedgerError && reason.code === "storage_denied") return undefined;
    throw reason;
  }
  const time = Date.parse(date ?? "");
  return Number.isNaN(time) ? undefined : new Date(time);
}

function dateOf(response: unknown): string | undefined {
  if (typeof response !== "object" || response === null || !("headers" in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== "object" || headers === null) return undefined;
  const found: unknown = Object.entries(headers).find(([name]) => name.toLowerCase() === "date")?.[1];
  return typeof found === "string" ? found : undefined;
}
