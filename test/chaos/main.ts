import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type S3Service, startCeph } from "../services/ceph.ts";
import { describeMissing, missingCommands, REDIS, S3 } from "../services/requirements.ts";
import { ServiceProcesses } from "../services/service-processes.ts";
import { type ChaosOptions, type ChaosResult, driveChaos } from "./drive-chaos.ts";

const HELP = `npm run chaos -- [options]: kills workers and Redis over a store that fails, and counts what got lost

  --short       6 kills, 50 faults: half a minute; in full 100 kills, 1,000 faults
  --tiny        4 kills, 20 faults
  --cluster     Redis is a cluster: its node with the ledger's keys is killed, and a replica takes over
  --weak-etags  the store says weak ETags (W/"…")
  --clock-jumps the workers' clock jumps by hours, to and fro
  --seed <n>    the same victims and the same kinds of faults; the time of day by default
  --keep        keep configuration and logs, and say where
`;
const WRONG_CALL = 2;
const INTERRUPTED = 130;
const FULL = { kills: 100, faults: 1000, exports: 400, workers: 3, redisEvery: 5, longestPauseMs: 2500 };
const SHORT = { kills: 6, faults: 50, exports: 30, workers: 3, redisEvery: 3, longestPauseMs: 1000 };
const TINY = { kills: 4, faults: 20, exports: 12, workers: 2, redisEvery: 2, longestPauseMs: 1000 };

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
    cluster: { type: "boolean", default: false },
    "weak-etags": { type: "boolean", default: false },
    "clock-jumps": { type: "boolean", default: false },
    seed: { type: "string", default: String(Date.now() & 0x3fff_ffff) },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
if (values.help || !Number.isInteger(seed)) {
  process.stdout.write(HELP);
  process.exitCode = values.help ? 0 : WRONG_CALL;
} else {
  const size = values.tiny ? TINY : values.short ? SHORT : FULL;
  const odd = { cluster: values.cluster, weakEtags: values["weak-etags"], clockJumps: values["clock-jumps"] };
  process.exitCode = await chaos({ ...size, ...odd, seed }, values.keep);
}

async function chaos(options: ChaosOptions, keep: boolean): Promise<number> {
  const missing = [{ ...REDIS, variables: [] }, S3].filter((requirement) => missingCommands(requirement).length > 0);
  if (missing.length > 0) {
    console.error(describeMissing(missing));
    return 1;
  }
  const services = new ServiceProcesses();
  const directory = mkdtempSync(join(tmpdir(), "aperture-ledger-chaos-"));
  process.once("exit", () => {
    services.stopNow();
    if (!keep) rmSync(directory, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(INTERRUPTED));
  if (keep) console.error(`logs: ${directory}`);
  try {
    const s3 = s3FromEnvironment() ?? (await startCeph(services));
    const result = await driveChaos(options, { s3, directory, say: (what) => console.error(what) });
    report(result, options.seed);
    return result.lost === 0 && result.duplicated === 0 && result.differing.length === 0 ? 0 : 1;
  } finally {
    await services.stop();
  }
}

function report({ kills, faults, redisRestarts, records, lost, duplicated, differing }: ChaosResult, seedUsed: number): void {
  const some = differing.slice(0, 10).join(" ");
  console.log(`redis restarts: ${redisRestarts}`);
  console.log(`objects that differ from an undisturbed run: ${differing.length}${some === "" ? "" : ` (${some})`}`);
  console.log(`kills: ${kills}\nfaults: ${faults}\nrecords: ${records}\nlost: ${lost}\nduplicated: ${duplicated}\nseed: ${seedUsed}`);
}

function s3FromEnvironment(): S3Service | undefined {
  const { TEST_S3_ENDPOINT: endpoint, TEST_S3_ACCESS_KEY: accessKey, TEST_S3_SECRET_KEY: secretKey } = process.env;
  return endpoint && accessKey && secretKey ? { endpoint, accessKey, secretKey } : undefined;
}
