import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fixture } from "../fixtures.ts";
import { cached, digest } from "./cache.ts";
import { runProcess, works } from "./process.ts";
import type { MissingPeer } from "./report.ts";

/** Other programs that read an export; each is called with a file. */
export const PEERS = ["go", "zstd -t", "read.py"] as const;
export type PeerName = (typeof PEERS)[number];

export interface Peers {
  /** The command of each that is here. */
  commands: Partial<Record<PeerName, readonly [command: string, ...args: string[]]>>;
  missing: MissingPeer[];
}

const INSTALL = "apt-get install -y --no-install-recommends";
/** Where Debian puts the sources of Go's libraries. */
const GO_SOURCES = "/usr/share/gocode/src/github.com";
const GO_LIBRARIES = ["fxamacker/cbor", "klauspost/compress", "x448/float16"];

export async function findPeers(): Promise<Peers> {
  const peers: Peers = { commands: {}, missing: [] };
  const found = await Promise.all([findGo(), findZstd(), findPython()]);
  for (const [index, one] of found.entries()) {
    const name = PEERS[index] ?? "go";
    if (typeof one === "string") peers.missing.push({ name, how: one });
    else peers.commands[name] = one;
  }
  return peers;
}

/** A command, or why there is none. */
type Found = readonly [string, ...string[]] | string;

async function findGo(): Promise<Found> {
  const source = fixture("../peers/go/main.go");
  if (source === undefined) return noSource("peers/go/main.go");
  const libraries = GO_LIBRARIES.every((library) => existsSync(join(GO_SOURCES, library)));
  if (!libraries || !(await works("go", ["version"]))) {
    return `${INSTALL} golang-go golang-github-fxamacker-cbor-dev golang-github-klauspost-compress-dev`;
  }
  const { path } = await cached(`go-${digest(readFileSync(source, "utf8"))}`, (folder) => buildGo(source, folder));
  return [join(path, "read-go")];
}

/** As the source's own header says: libraries by the paths they are imported under, without modules. */
async function buildGo(source: string, folder: string): Promise<null> {
  const libraries = join(folder, "gopath/src/github.com");
  mkdirSync(libraries, { recursive: true });
  cpSync(GO_SOURCES, libraries, { recursive: true });
  symlinkSync(".", join(libraries, "fxamacker/cbor/v2"));
  const env = { ...process.env, GO111MODULE: "off", GOPATH: join(folder, "gopath") };
  await runProcess("go", ["build", "-o", join(folder, "read-go"), source], env);
  return null;
}

async function findZstd(): Promise<Found> {
  return (await works("zstd", ["--version"])) ? ["zstd", "-t", "-q"] : `${INSTALL} zstd`;
}

async function findPython(): Promise<Found> {
  const script = fixture("../peers/read.py");
  if (script === undefined) return noSource("peers/read.py");
  const python = "/usr/bin/python3";
  const installed = await works(python, ["-c", "import cbor2, zstandard"]);
  return installed ? [python, script] : `${INSTALL} python3-cbor2 python3-zstandard`;
}

function noSource(file: string): string {
  return `there is no ${file} beside the fixtures; APERTURE_FIXTURES names their folder`;
}
