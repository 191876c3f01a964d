import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

type Spec = "ECC_NIST_EDWARDS25519" | "ECC_NIST_P256";

/** A key of the server. */
interface KmsKey {
  arn: string;
  spec: Spec;
  key: KeyObject;
  state: "enabled" | "disabled" | "pending deletion";
}

const request = z.object({ KeyId: z.string(), Message: z.string().optional(), MessageType: z.string().optional(), SigningAlgorithm: z.string().optional() });

/** A server that speaks the two calls of AWS KMS that a signing key needs, with true keys and KMS's limits. */
export class KmsServer {
  /** Operations that the caller may not use. */
  readonly denied = new Set<string>();
  /** Names of the operations that were called. */
  readonly calls: string[] = [];
  /** Answers with this status and nothing else. */
  failing: number | undefined;
  readonly #keys = new Map<string, KmsKey>();
  readonly #aliases = new Map<string, string>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((incoming, outgoing) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("end", () => {
        const operation = String(incoming.headers["x-amz-target"]).replace("TrentService.", "");
        const { status, body } = this.#answer(operation, Buffer.concat(parts).toString());
        outgoing.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((started) => void this.#server.listen(0, "127.0.0.1", started));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** What the SDK reads. */
  get environment(): Record<string, string> {
    const url = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
    return { AWS_ENDPOINT_URL_KMS: url, AWS_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "secret-of-the-test", AWS_MAX_ATTEMPTS: "1" };
  }

  /** @returns the new key's id. */
  addKey(alias?: string, spec: Spec = "ECC_NIST_EDWARDS25519"): string {
    const key = spec === "ECC_NIST_P256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey : generateKeyPairSync("ed25519").privateKey;
    const id = `1234abcd-12ab-34cd-56ef-${String(this.#keys.size).padStart(12, "0")}`;
    this.#keys.set(id, { arn: `arn:aws:kms:eu-central-1:111122223333:key/${id}`, spec, key, state: "enabled" });
    if (alias !== undefined) this.#aliases.set(`alias/${alias}`, id);
    return id;
  }

  setState(id: string, state: KmsKey["state"]): void {
    this.#keys.get(id)!.state = state;
  }

  publicPem(id: string): string {
    return createPublicKey(this.#keys.get(id)!.key).export({ type: "spki", format: "pem" }).toString();
  }

  #answer(operation: string, text: string): { status: number; body: object } {
    this.calls.push(operation);
    if (this.failing !== undefined) return { status: this.failing, body: {} };
    if (this.denied.has(operation)) return refuse("AccessDeniedException", `User: arn:aws:iam::111122223333:user/test is not authorized to perform: kms:${operation}`);
    const asked = request.parse(JSON.parse(text));
    const name = asked.KeyId.replace(/^arn:aws:kms:[^:]+:\d+:(?:key\/)?/, "");
    const key = this.#keys.get(this.#aliases.get(name) ?? name);
    if (key === undefined) return refuse("NotFoundException", `${asked.KeyId} is not found.`);
    if (key.state === "disabled") return refuse("DisabledException", `${key.arn} is disabled.`);
    if (key.state === "pending deletion") return refuse("KMSInvalidStateException", `${key.arn} is pending deletion.`);
    if (operation === "GetPublicKey") {
      const der = createPublicKey(key.key).export({ type: "spki", format: "der" });
      return { status: 200, body: { KeyId: key.arn, KeySpec: key.spec, KeyUsage: "SIGN_VERIFY", PublicKey: der.toString("base64"), SigningAlgorithms: ["ED25519_SHA_512", "ED25519_PH_SHA_512"] } };
    }
    const message = Buffer.from(asked.Message ?? "", "base64");
    if (operation !== "Sign" || asked.MessageType !== "RAW" || asked.SigningAlgorithm !== "ED25519_SHA_512") return refuse("ValidationException", "not a call that the tests know");
    if (message.byteLength > 4096) return refuse("ValidationException", "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096");
    return { status: 200, body: { KeyId: key.arn, Signature: sign(null, message, key.key).toString("base64"), SigningAlgorithm: asked.SigningAlgorithm } };
  }
}

function refuse(type: string, message: string): { status: number; body: object } {
  return { status: 400, body: { __type: type, message } };
}
