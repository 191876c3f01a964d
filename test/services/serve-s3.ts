import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { type S3Service, startCeph } from "./ceph.ts";
import { ServiceProcesses } from "./service-processes.ts";

const USAGE = "node test/services/serve-s3.ts --port N --access-key KEY --secret-key KEY [--host ADDRESS] [--bucket NAME]…";
const CALLER_MISTAKE = 2;
const BUCKET_TRIES = 20;

interface Served {
  host: string;
  port: number;
  accessKey: string;
  secretKey: string;
  buckets: string[];
}

function parseCall(): Served {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string" },
      "access-key": { type: "string" },
      "secret-key": { type: "string" },
      bucket: { type: "string", multiple: true, default: [] },
    },
  });
  const { host, bucket: buckets, "access-key": accessKey, "secret-key": secretKey } = values;
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error("--port is not a port");
  if (!accessKey || !secretKey) throw new Error("--access-key and --secret-key are needed");
  return { host, port, accessKey, secretKey, buckets };
}

/** A gateway that has just begun to listen may refuse its first change with 503. */
async function makeBuckets({ endpoint, accessKey, secretKey }: S3Service, buckets: readonly string[]): Promise<void> {
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials, maxAttempts: 1 });
  for (const bucket of buckets) {
    for (let tries = 1; ; tries++) {
      try {
        await client.send(new CreateBucketCommand({ Bucket: bucket }));
        break;
      } catch (error) {
        if (tries === BUCKET_TRIES) throw error;
        await delay(250);
      }
    }
  }
  client.destroy();
}

async function serve({ buckets, ...options }: Served): Promise<void> {
  const services = new ServiceProcesses();
  // Handlers come before the first process: whatever ends this one ends them too.
  process.on("exit", () => services.stopNow());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      void services.stop().finally(() => process.exit(0));
    });
  }
  const service = await startCeph(services, options);
  await makeBuckets(service, buckets);
  console.log(service.endpoint);
}

let call: Served | undefined;
try {
  call = parseCall();
} catch (error) {
  console.error(`${String(error)}\nusage: ${USAGE}`);
  process.exitCode = CALLER_MISTAKE;
}
if (call !== undefined) {
  try {
    await serve(call);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}
