import { createPrivateKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { landExport } from "../../src/ingest/land-export.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { openLedger } from "../../src/open/open-ledger.ts";
import { loadSettings } from "../../src/config/reading/settings.ts";
import { changeLedger } from "../change-ledger.ts";
import { type Objects, writeObjects } from "../packed-objects.ts";
import { PortableStore } from "./portable-store.ts";

/** DER of a PKCS #8 Ed25519 key, up to its 32 bytes (RFC 8410). */
const ED25519_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** Keys that protect nothing: they are made of letters, so that no file of the repository looks like a secret. */
function testKeys(): Objects {
  const der = Buffer.concat([ED25519_HEAD, Buffer.from("the golden ledger's signing key.")]);
  const pem = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" });
  return new Map([
    ["keys/signing-key.pem", Buffer.from(pem)],
    ["keys/erasure-key", Buffer.from("the golden ledger's erasure key, of enough characters")],
  ]);
}

/** The ledger in a folder, as `aperture-ledger` opens it, at a time that stands still. */
export async function openGolden(folder: string, at: string): Promise<Ledger> {
  writeObjects(folder, testKeys());
  const file = join(folder, "aperture-ledger.yaml");
  writeFileSync(file, readFileSync(join(import.meta.dirname, "aperture-ledger.yaml"), "utf8").replaceAll(" ./", ` ${folder}/`));
  const clock = (): Date => new Date(at);
  const config = await loadSettings({ config: file });
  const services = { log: pino({ level: "silent" }), progress: { begin: () => undefined, step: () => undefined }, clock, land: landExport };
  const storeOf = (name: string): PortableStore => new PortableStore(join(folder, name), name);
  const sources = config.sources.map(({ name }) => ({ instance: name, store: storeOf(`exports/${name}`) }));
  const ledger = await openLedger(config, services, "refresh", { lake: storeOf("lake"), archive: storeOf("archive"), sources });
  const tools = { clock, wait: () => Promise.resolve(), random: () => 0.5, env: {}, print: () => undefined, worker: "golden" };
  return changeLedger(ledger, { telling: { alerting: { ...ledger.telling.alerting, tools } } });
}
