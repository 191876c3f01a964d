import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts, type ServiceProcesses } from "./service-processes.ts";

/** What somebody proves with who he is. */
export interface S3Keys {
  accessKey: string;
  secretKey: string;
}

/** Where an S3 server is and how to get in: as who owns the buckets that tests make. */
export interface S3Service extends S3Keys {
  endpoint: string;
}

/** An S3 server that was started here. */
export interface Ceph extends S3Service {
  /** Makes further users; takes as long as starting three programs. */
  addOthers(): Promise<S3Others>;
}

/**
 * `stranger`: whoever a bucket's policy lets in. `admin`: administers users and buckets. `system`: as the server's own parts,
 * whom no permission stops.
 */
export type S3Others = Record<"stranger" | "admin" | "system", S3Keys & { uid: string }>;

/** Where the gateway listens and whom it lets in; by default a free port on loopback and invented keys. */
export interface S3Options {
  host?: string;
  port?: number;
  accessKey?: string;
  secretKey?: string;
}

/** A key that the gateway's own stand-in for a key management service knows. */
export const KMS_KEY = "testkey-1";

const GATEWAY = "client.rgw.test";
const ANY_ADDRESS = "0.0.0.0";

/** What each daemon may do; Ceph's gateway refuses to run without its authentication (cephx). */
const CAPABILITIES: Record<string, readonly string[]> = {
  "mon.": ["mon", "allow *"],
  "client.admin": ["mon", "allow *", "osd", "allow *", "mgr", "allow *"],
  "osd.0": ["mon", "allow profile osd", "osd", "allow *"],
  [GATEWAY]: ["mon", "allow rw", "osd", "allow rwx"],
};

/**
 * Starts the smallest Ceph that serves S3: one monitor, one OSD that keeps its data in memory, one gateway.
 * Everything but the gateway listens on loopback only, and all of it writes into the services' folder only.
 */
export async function startCeph(services: ServiceProcesses, options: S3Options = {}): Promise<Ceph> {
  const [monitorPort = 0, freePort = 0] = await freePorts(2);
  const { host = "127.0.0.1", port: gatewayPort = freePort } = options;
  const directory = join(services.directory, "ceph");
  for (const name of ["mon", "osd", "rgw", "log"]) mkdirSync(join(directory, name), { recursive: true });
  const cluster = randomUUID();
  const configuration = join(directory, "ceph.conf");
  const keyring = join(directory, "keyring");
  writeFileSync(configuration, cephConfiguration({ directory, cluster, keyring, monitorPort, host, gatewayPort }));
  const conf = ["-c", configuration];

  await writeKeyring(services, keyring);
  const monitors = join(directory, "monmap");
  const address = `[v2:127.0.0.1:${monitorPort}]`;
  await services.run("monmaptool", "--create", "--fsid", cluster, "--addv", "a", address, monitors);
  await services.run("ceph-mon", ...conf, "-i", "a", "--mkfs", "--monmap", monitors, "--keyring", keyring);
  services.start("ceph-mon", "ceph-mon", [...conf, "-i", "a", "-f"]);

  const osd = randomUUID();
  await services.run("ceph", ...conf, "--connect-timeout", "20", "osd", "new", osd);
  await services.run("ceph-osd", ...conf, "-i", "0", "--mkfs", "--osd-uuid", osd);
  services.start("ceph-osd", "ceph-osd", [...conf, "-i", "0", "-f"]);

  services.start("radosgw", "radosgw", [...conf, "-n", GATEWAY, "-f"]);
  const endpoint = `http://${host === ANY_ADDRESS ? "127.0.0.1" : host}:${gatewayPort}`;
  await services.ready("radosgw", async () => (await fetch(endpoint)).ok, 300_000);

  const invented = inventKeys();
  const { accessKey = invented.accessKey, secretKey = invented.secretKey } = options;
  const addUser = (uid: string, keys: S3Keys, ...rights: string[]): Promise<string> => {
    const given = ["--uid", uid, "--display-name", uid, "--access-key", keys.accessKey, "--secret-key", keys.secretKey];
    return services.run("radosgw-admin", ...conf, "user", "create", ...given, ...rights);
  };
  await addUser("test", { accessKey, secretKey });
  const addOthers = async (): Promise<S3Others> => {
    const others = inventOthers();
    await addUser(others.stranger.uid, others.stranger);
    await addUser(others.admin.uid, others.admin, "--admin", "--caps", "users=*;buckets=*;metadata=*");
    await addUser(others.system.uid, others.system, "--system");
    return others;
  };
  return { endpoint, accessKey, secretKey, addOthers };
}

function inventOthers(): S3Others {
  const user = (uid: string): S3Others["admin"] => ({ uid, ...inventKeys() });
  return { stranger: user("stranger"), admin: user("admin"), system: user("system") };
}

function inventKeys(): S3Keys {
  return { accessKey: randomBytes(10).toString("hex").toUpperCase(), secretKey: randomBytes(20).toString("hex") };
}

async function writeKeyring(services: ServiceProcesses, keyring: string): Promise<void> {
  let create = ["--create-keyring"];
  for (const [name, capabilities] of Object.entries(CAPABILITIES)) {
    const caps: string[] = [];
    for (let index = 0; index < capabilities.length; index += 2) {
      caps.push("--cap", capabilities[index] ?? "", capabilities[index + 1] ?? "");
    }
    await services.run("ceph-authtool", ...create, keyring, "--gen-key", "-n", name, ...caps);
    create = [];
  }
}

interface Cluster {
  directory: string;
  cluster: string;
  keyring: string;
  monitorPort: number;
  host: string;
  gatewayPort: number;
}

function cephConfiguration({ directory, cluster, keyring, monitorPort, host, gatewayPort }: Cluster): string {
  return `[global]
fsid = ${cluster}
mon host = [v2:127.0.0.1:${monitorPort}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${keyring}
run dir = ${directory}
admin socket = ${directory}/$name.$pid.asok
pid file = ${directory}/$name.pid
log file = ${directory}/log/$name.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0

[mon]
mon data = ${directory}/mon
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 1
# The monitor gathers changes for a second before it decides on them; the gateway's start is a row of such changes.
paxos propose interval = 0.02
paxos min wait = 0.01

[osd]
osd data = ${directory}/osd
osd objectstore = memstore
memstore device bytes = 2147483648

[${GATEWAY}]
rgw data = ${directory}/rgw
rgw frontends = beast endpoint=${host}:${gatewayPort}
rgw enable usage log = false
rgw gc max objs = 8
rgw init timeout = 60
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = ${KMS_KEY}=${randomBytes(32).toString("base64")}
`;
}
