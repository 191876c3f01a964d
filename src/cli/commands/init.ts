import { writeFile } from "node:fs/promises";
import { LedgerError, messageOf } from "../../errors.ts";
import { print } from "../terminal.ts";

/** Every line that is commented out stands for its default or is an example; the rest has to be set. */
const EXAMPLE_CONFIG = `# aperture-ledger.yaml: what the ledger reads and where it is kept.
# \`aperture-ledger doctor\` checks it, \`aperture-ledger config schema\` prints all that is allowed.

# Where each Aperture gateway's S3 exporter writes. The name becomes the column \`instance\`: never change it.
# Credentials come from the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE) or the machine's role.
sources:
  - name: prod
    url: s3://aperture-exports/prod
    # region: us-east-1
    # endpoint: https://s3.example.com     # an S3-compatible server instead of AWS

# Root of everything the ledger writes: s3://bucket/prefix or file:///dir.
lake: s3://ai-ledger
# lake: {url: s3://ai-ledger, endpoint: https://s3.example.com, region: us-east-1}

# A bucket of its own for the write-once copies of the exports; without it they lie in the lake under archive/.
# archive:
#   url: s3://ai-ledger-archive

# The gateway's configuration tells which providers are subscriptions (passthrough) and which are self-hosted.
# It is read at every run; what it says of its providers is kept in the lake by date.
# aperture:
#   config: http://ai/api/config           # or file:///etc/aperture/config.hujson

# Request headers to keep: CI runners are all tag:ci, a header says whose they are.
# dimensions:
#   repo: X-Github-Repository

# Days and months of reports, and the first days of prices.
# timezone: UTC

# What models cost that the gateway has no estimate for: US dollars per million tokens. A list here, or where a YAML file
# with one is (prices: file:///etc/aperture/prices.yaml). A new price is appended with the day it begins and changes nothing
# before it. \`aperture-ledger prices check\` compares the list with the gateway's estimates.
# prices:
#   - match: private-llm/qwen3-*             # provider/model, or a model alone; the first that matches decides
#     from: 2026-10-01
#     input: 0.10
#     output: 0.40
#     billing: self_hosted                   # an internal price: nobody sends a bill for it
#   - match: claude-opus-*
#     input: 5
#     output: 25
#     cached: 0.50
#     cache_write_5m: 6.25
#     cache_write_1h: 10
#     web_search: 0.01                       # each
#     tiers: [{above: 200000, input: 10, output: 37.5}]

# For \`aperture-ledger worker\` only: the queue of the jobs. A password may come in REDIS_PASSWORD.
# redis: redis://127.0.0.1:6379

# When the worker's jobs run. Without any of them all run as written here; where some are named the others do not run.
# schedule:
#   timezone: UTC
#   pull: "*/15 * * * *"        # new exports
#   pull_all: "45 0 * * *"      # the same, looking at every object of every source
#   nightly: "30 1 * * *"       # stale days and their rollups
#   chargeback: "0 6 1 * *"     # the month before
#   retention: "0 4 * * *"      # the archive's check

# Health, metrics, jobs and reports of a worker. Loopback only, unless allow says who may come through tailscale serve.
# http:
#   port: 8080
#   allow: [alice@example.com, "group:finance"]
# directory:
#   policy: file:///etc/aperture/policy.hujson   # where group:… is looked up
`;

/** Writes the example configuration; a file that is there stays. */
export async function init({ out }: { out: string }): Promise<number> {
  try {
    await writeFile(out, EXAMPLE_CONFIG, { flag: "wx" });
  } catch (cause) {
    const exists = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new LedgerError(
      exists ? "file_exists" : "file_unwritable",
      exists ? `${out} is there already` : `${out} cannot be written: ${messageOf(cause)}`,
      { remedy: exists ? "edit it, or choose another file with --out" : "choose a folder that can be written with --out", cause },
    );
  }
  print(`wrote ${out}: set sources and lake in it, then call aperture-ledger doctor`);
  return 0;
}
