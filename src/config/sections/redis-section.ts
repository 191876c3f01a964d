import { z } from "zod";
import { atLeastOne, keyRules, together, where } from "./key-rules.ts";

const url = z
  .string()
  .regex(/^rediss?:\/\/[^\s,]+$/, "redis://host:port or rediss://host:port")
  .refine((text) => URL.canParse(text), "redis://user:password@host:port, with characters such as / and @ of a password percent-encoded");

/** Certificate files for a Redis over TLS: the authority to trust, and the client's own certificate and key. */
const certificates = {
  ca: z.string().min(1).optional().meta({ description: "File with the certificates (PEM) of the authority that signed the server's.", examples: ["/etc/ssl/redis-ca.pem"] }),
  cert: z.string().min(1).optional().meta({ description: "File with the client's certificate (PEM), where the server asks for one.", examples: ["/etc/ssl/ledger.pem"] }),
  key: z.string().min(1).optional().meta({ description: "File with the private key (PEM) of the client's certificate.", examples: ["/etc/ssl/ledger.key"] }),
};

const NO_TLS = "certificates are for rediss://: the address says redis://, which is not encrypted";
const HALF_A_PAIR = "cert and key belong together";

const ENCRYPTED = { pattern: "^rediss:" };

/** @param encrypted says that every address is encrypted */
function certificateRules(encrypted: z.core.JSONSchema.BaseSchema): ReturnType<typeof keyRules> {
  return keyRules(together("cert", "key"), where(atLeastOne("ca", "cert"), encrypted));
}

interface Certificates {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

/** Certificates where nothing is encrypted would be a false comfort, and half a pair is refused only by the handshake. */
function certificateMistake({ ca, cert, key }: Certificates, urls: readonly string[]): string | undefined {
  if ((cert === undefined) !== (key === undefined)) return HALF_A_PAIR;
  return (ca ?? cert) !== undefined && !urls.every(isEncrypted) ? NO_TLS : undefined;
}

function isEncrypted(text: string): boolean {
  return text.startsWith("rediss://");
}

function isOneScheme(urls: readonly string[]): boolean {
  return new Set(urls.map(isEncrypted)).size <= 1;
}

function namesDatabase(text: string): boolean {
  return URL.canParse(text) && !["", "/", "/0"].includes(new URL(text).pathname);
}

const ONE_SCHEME = "all of them redis:// or all rediss://";
const node = url.refine((text) => !namesDatabase(text), "a cluster and a Sentinel have no databases to choose from: leave out what follows the port").meta({ pattern: String.raw`^rediss?:\/\/[^\s,/]+(?:\/0?)?$` });

const server = z
  .strictObject({ url: url.meta({ description: "One server, or any node of a cluster.", examples: ["rediss://redis.example.com:6379"] }), ...certificates })
  .superRefine((written, context) => addMistake(context, certificateMistake(written, [written.url])))
  .meta(certificateRules({ properties: { url: ENCRYPTED } }));

const cluster = z
  .strictObject({
    cluster: z.array(node).min(1).refine(isOneScheme, ONE_SCHEME).meta({ description: "Some nodes of a cluster. The ledger asks them for the others.", examples: [["redis://node-1:6379", "redis://node-2:6379"]] }),
    ...certificates,
  })
  .superRefine((written, context) => addMistake(context, certificateMistake(written, written.cluster)))
  .meta(certificateRules({ properties: { cluster: { items: ENCRYPTED } } }));

const sentinel = z
  .strictObject({
    sentinels: z.array(node).min(1).refine(isOneScheme, ONE_SCHEME).meta({ description: "Sentinels. `rediss://` encrypts the connection to the server as well.", examples: [["redis://sentinel-1:26379"]] }),
    name: z.string().min(1).meta({ description: "Name under which the Sentinels watch the server.", examples: ["mymaster"] }),
    username: z.string().min(1).optional().meta({ description: "User name at the server. The password comes in `REDIS_PASSWORD`.", examples: ["ledger"] }),
    database: z.int().min(0).optional().meta({ description: "Database of the server. Without it: 0.", examples: [1] }),
    ...certificates,
  })
  .superRefine((written, context) => addMistake(context, certificateMistake(written, written.sentinels)))
  .meta(certificateRules({ properties: { sentinels: { items: ENCRYPTED } } }));

function addMistake(context: z.RefinementCtx, message: string | undefined): void {
  if (message !== undefined) context.addIssue({ code: "custom", path: ["ca"], message });
}

/** `redis:`: one server, a cluster, or a server that Sentinels watch. */
export const redisSection = z
  .union([url, server, cluster, sentinel])
  .optional()
  .meta({ description: "Queue of the worker: a url, `{url, ca}`, `{cluster: [url]}` or `{sentinels: [url], name}`. Without it: `redis://127.0.0.1:6379`. A password may come in `REDIS_PASSWORD`.", examples: ["redis://127.0.0.1:6379"] });
