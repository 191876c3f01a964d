import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { temporaryFolder } from "../test-ledger.ts";

const EMPTY = "[req]\ndistinguished_name = name\n[name]\n";

const CONFIGURATION = `${EMPTY}[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamps]
extendedKeyUsage = critical,timeStamping
[other]
extendedKeyUsage = critical,codeSigning,emailProtection,timeStamping
[authority]
serial = serial
signer_cert = signer.pem
signer_key = signer.key
certs = root.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
`;

/** A true time-stamping authority: OpenSSL's, with a root and a certificate of its own. */
export class TimeAuthority {
  readonly folder: string;
  /** Number of requests that were answered. */
  asked = 0;
  /** Answers with this status in place of a token. */
  status = 200;
  #server: Server | undefined;

  /** @param folder the folder of one test is removed at its end. */
  constructor(folder = temporaryFolder()) {
    this.folder = folder;
    writeFileSync(join(this.folder, "authority.conf"), CONFIGURATION);
    writeFileSync(join(this.folder, "serial"), "01\n");
    const pair = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "authority.conf"];
    this.#openssl("req", "-x509", ...pair, "-keyout", "root.key", "-out", "root.pem", "-days", "3650", "-subj", "/CN=test authority", "-extensions", "root");
    this.#openssl("req", ...pair, "-keyout", "signer.key", "-out", "signer.csr", "-subj", "/CN=test time stamps");
    this.#sign("stamps", "signer.pem");
    this.#sign("other", "other.pem");
  }

  get roots(): string {
    return join(this.folder, "root.pem");
  }

  /** The authority's answer about these bytes. */
  stamp(bytes: Uint8Array): Buffer {
    writeFileSync(join(this.folder, "stamped"), bytes);
    this.#openssl("ts", "-query", "-data", "stamped", "-sha256", "-cert", "-no_nonce", "-out", "query");
    return this.#reply();
  }

  /** What somebody can forge who has a certificate of the same root for another purpose. */
  stampByOtherCertificate(bytes: Uint8Array): Buffer {
    this.stamp(bytes);
    this.#openssl("ts", "-reply", "-in", "reply", "-token_out", "-out", "token");
    this.#openssl("cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", "token", "-out", "statement");
    this.#openssl("cms", "-sign", "-binary", "-nodetach", "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-in", "statement", "-signer", "other.pem", "-inkey", "signer.key", "-certfile", "root.pem", "-outform", "DER", "-out", "forged");
    const [granted, forged] = [Buffer.from("3003020100", "hex"), readFileSync(join(this.folder, "forged"))];
    const length = Buffer.alloc(2);
    length.writeUInt16BE(granted.byteLength + forged.byteLength);
    return Buffer.concat([Buffer.from("3082", "hex"), length, granted, forged]);
  }

  /** Serves on loopback until `stop`. */
  async start(): Promise<string> {
    const server = createServer((request, response) => {
      void buffer(request).then((query) => {
        writeFileSync(join(this.folder, "query"), query);
        this.asked++;
        return response.writeHead(this.status, { "Content-Type": "application/timestamp-reply" }).end(this.status === 200 ? this.#reply() : "");
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/tsr`;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  /** Whether OpenSSL finds that this is a token of this authority for a file. */
  vouchesFor(file: string, token: string): boolean {
    try {
      this.#openssl("ts", "-verify", "-data", file, "-in", token, "-CAfile", this.roots);
      return true;
    } catch {
      return false;
    }
  }

  #reply(): Buffer {
    this.#openssl("ts", "-reply", "-config", "authority.conf", "-section", "authority", "-queryfile", "query", "-out", "reply");
    return readFileSync(join(this.folder, "reply"));
  }

  #sign(purpose: "stamps" | "other", certificate: string): void {
    this.#openssl("x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out", certificate, "-days", "3650", "-extfile", "authority.conf", "-extensions", purpose);
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.folder, stdio: "pipe" });
  }
}
