import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { S3Keys } from "./ceph.ts";

/** A request as a server gets it. */
export interface SignedRequest {
  method: string;
  /** Path and query, as they are on the wire. */
  url: string;
  headers: IncomingHttpHeaders;
}

/** The request as a client of that server would have signed it (AWS Signature Version 4): another address, path or set of headers needs another signature. */
export function resign({ method, url, headers }: SignedRequest, server: string, { accessKey, secretKey }: S3Keys): SignedRequest {
  const { authorization: _, ...rest } = headers;
  const sent: IncomingHttpHeaders = { ...rest, host: new URL(server).host };
  const time = String(sent["x-amz-date"]);
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const signed = Object.keys(sent).filter((name) => SIGNED.test(name)).sort();
  const [path = "", query = ""] = url.split("?", 2);
  const canonical = [
    method,
    path,
    query.split("&").filter((part) => part !== "").map((part) => (part.includes("=") ? part : `${part}=`)).sort().join("&"),
    ...signed.map((name) => `${name}:${String(sent[name]).trim()}`),
    "",
    signed.join(";"),
    String(sent["x-amz-content-sha256"]),
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = scope.split("/").reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secretKey}`);
  const signature = createHmac("sha256", key).update(text).digest("hex");
  return { method, url, headers: { ...sent, authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${signed.join(";")}, Signature=${signature}` } };
}

const SIGNED = /^(?:host|content-md5|content-type|range|if-.*|x-amz-.*)$/;

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
