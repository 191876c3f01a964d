import { join } from "node:path";
import { Redis } from "ioredis";
import { answersPing } from "./redis.ts";
import { freePorts, type ServiceProcesses } from "./service-processes.ts";

export interface EncryptedRedis {
  /** host:port of the encrypted door. */
  place: string;
  /** A connection that may do everything, by a door of its own. */
  admin: Redis;
  /** Files; the clients' authority is the server's too. */
  ca: string;
  cert: string;
  key: string;
}

const DAYS = "2";

/** A Redis that is reached over TLS only, asks its clients for a certificate, and has both signed by an authority made here. */
export async function startEncryptedRedis(services: ServiceProcesses): Promise<EncryptedRedis> {
  const [port = 0, encrypted = 0] = await freePorts(2);
  const file = (name: string): string => join(services.directory, name);
  await makeAuthority(services, file);
  await signFor(services, file, "server", "subjectAltName=IP:127.0.0.1,DNS:localhost");
  await signFor(services, file, "client", "extendedKeyUsage=clientAuth");
  const listening = ["--port", String(port), "--tls-port", String(encrypted), "--bind", "127.0.0.1", "--dir", services.directory];
  const proving = ["--tls-cert-file", file("server.pem"), "--tls-key-file", file("server.key"), "--tls-ca-cert-file", file("ca.pem"), "--tls-auth-clients", "yes"];
  services.start("redis", "redis-server", [...listening, ...proving, "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]);
  await services.ready("redis", () => answersPing(port));
  const admin = new Redis(port, "127.0.0.1");
  return { place: `127.0.0.1:${encrypted}`, admin, ca: file("ca.pem"), cert: file("client.pem"), key: file("client.key") };
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

async function makeAuthority(services: ServiceProcesses, file: (name: string) => string): Promise<void> {
  await services.run("openssl", "req", "-x509", ...KEY, "-keyout", file("ca.key"), "-out", file("ca.pem"), "-days", DAYS, "-subj", "/CN=test authority");
}

async function signFor(services: ServiceProcesses, file: (name: string) => string, who: string, extension: string): Promise<void> {
  const authority = ["-CA", file("ca.pem"), "-CAkey", file("ca.key")];
  const made = ["-keyout", file(`${who}.key`), "-out", file(`${who}.pem`), "-days", DAYS];
  await services.run("openssl", "req", "-x509", ...KEY, ...authority, ...made, "-subj", `/CN=${who}`, "-addext", extension, "-addext", "basicConstraints=critical,CA:false");
}
