import { writeFile } from "node:fs/promises";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { print } from "../terminal.ts";

/** Commented-out lines show a default or an example; the other lines must be set. */
export const EXAMPLE_CONFIG = `# aperture-ledger.yaml: what the ledger reads and where it is kept.
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

# The copies of what arrived, and who can prove that they are all there: docs/archive.md tells all of it.
# archive:
#   url: s3://ai-ledger-archive                # a bucket of its own, with Object Lock; without it they lie in the lake under archive/
#   lock: {mode: GOVERNANCE, retain: 90 days}  # what COMPLIANCE locks stays until its time is over, also by mistake
#   bodies: keep                               # captured conversations: keep, drop, or redact (secrets replaced)
#   redact: [{name: ticket, pattern: 'ACME-\\d+'}]   # beside keys, tokens and mail addresses; only with bodies: redact
#   signing_key: /etc/aperture-ledger/signing-key.pem   # of aperture-ledger archive keys; or APERTURE_LEDGER_SIGNING_KEY
#   retention:                                 # the first rule that fits a record decides; without one it is kept
#     - {content: bodies, keep: 90 days}
#     - {content: records, keep: 7 years}
#   purge: dry_run                             # what the daily job does with what has expired: says it, or removes it (apply)
#   erasure_key: /etc/aperture-ledger/erasure-key       # 32 characters or more, for archive erase; or APERTURE_LEDGER_ERASURE_KEY

# The gateway's configuration tells which providers are subscriptions (passthrough) and which are self-hosted.
# It is read at every run; what it says of its providers is kept in the lake by time.
# aperture:
#   config: http://ai/api/config           # or file:///etc/aperture/config.hujson
#   quotas: http://ai/api/quotas           # what is left in the gateway's buckets, kept at every run

# Request headers to keep: CI runners are all tag:ci, a header says whose they are.
# dimensions:
#   repo: X-Github-Repository

# Who belongs to which team. Everything may have a first day (from) and a first day on which it no longer holds (until).
# directory:
#   policy: file:///etc/aperture/policy.hujson   # the tailnet policy, also s3:// or http://; its groups are teams, unless they are a member below or ignored
#   ignore_groups: ["group:vpn-*"]               # groups that only give access
#   teams:                                       # of several teams of one person the first pays, unless a rule says otherwise
#     - name: payments
#       cost_center: CC-4100
#       owner: alice@example.com                 # who answers for it: explain shows it
#       members: ["group:payments", {member: bob@example.com, from: 2026-10-15}]
#     - name: web
#       members: ["group:web", "tag:web-*", {member: bob@example.com, until: 2026-10-15}]
#     - name: platform
#       members: ["group:platform", "*@platform.example.com", "tag:ci"]

# Who pays. docs/allocation.md tells all of it.
# allocation:
#   several: primary            # for somebody of several teams whom no rule takes: primary (the first team), even, unallocated
#   tags: even                  # a device of several tags in the report by tag: even, or full, and then the tags do not add up
#   rules:                      # the first that applies decides; where none does the directory
#     - {name: CI by repository, when: {tag: "tag:ci"}, by: repo, teams: {acme/payments: payments, "acme/web-*": web}}
#     - {name: agreed in May, when: {caller: bob@example.com}, split: {payments: 70, web: 30}, until: 2027-01-01}
#   pools:                      # shared costs: even, proportional to what the teams owe themselves, or weights
#     - {name: shared CI, when: {team: platform, tag: "tag:ci"}, spread: proportional}
#   adjustments:                # discounts and markups, one after the other, in rows of their own
#     - {name: committed use, when: {provider: anthropic}, percent: -8, from: 2026-10-16}

# Days and months of reports, and of everything that has a date.
# timezone: UTC

# What models cost that the gateway has no estimate for: US dollars per million tokens. A list here, or where a YAML file
# with one is (prices: file:///etc/aperture/prices.yaml). A new price is appended with the day it begins and changes nothing
# before it. \`aperture-ledger prices check\` compares the list with the gateway's estimates.
# prices:
#   - match: private-llm/qwen3-*             # provider/model, or a model alone; the first that matches the name as recorded decides
#     from: 2026-10-01
#     input: 0.10
#     output: 0.40
#     billing: self_hosted                   # an internal price: nobody sends a bill for it
#   - match: claude-sonnet-*
#     input: 3
#     output: 15
#     cached: 0.30
#     cache_write_5m: 3.75
#     cache_write_1h: 6
#     web_search: 0.01                       # each
#     tiers: [{above: 200000, input: 6, output: 22.50}]   # its cache prices follow its input: twice those below

# What is true of all requests of a provider: who pays, and whether reasoning and cached tokens are within output and input
# or beside them. docs/prices.md has the counts that are known without it.
# providers:
#   - {provider: private-llm, counts: {reasoning: beside, cached: within}}
#   - {provider: lab-claude, from: 2026-10-01, billing: metered}   # who pays, where no capture shows it

# Budgets: how much may be spent, by whom, on what, in which time. \`aperture-ledger limits\` shows how they stand; docs/limits.md
# tells all of it. Without a scope everything counts; per is day, week, month, quarter or year.
# limits:
#   - {name: company, amount: 20000, per: month}
#   - name: payments on opus
#     scope: {team: payments, model: "claude-opus-*"}   # also tag, caller, gateway, provider, billing, and dimensions such as repo
#     amount: "$1499.50"
#     per: week                              # they begin on Monday
#     timezone: Europe/Berlin                # as of reports without it
#     thresholds: [50, 80, 100]              # per cent that somebody is told of
#     forecast: true                         # and of a forecast above the amount
#     notify: []                             # who: names of targets in notify

# Where alerts go; \`aperture-ledger alerts test --target ops\` tries one. Secrets come from the environment: only their names
# stand here. docs/alerts.md tells all of it.
# notify:
#   - {name: ops, kind: webhook, url: "https://alerts.example.com/ledger", secret_env: LEDGER_ALERT_SECRET}
#   - {name: chat, kind: slack, url_env: LEDGER_SLACK_URL}     # a Slack url is a secret as a whole
#   - {name: log, kind: stdout}

# How alerts are sent.
# alerts:
#   within_seconds: 30          # a dead target never takes longer
#   attempts: 8                 # evaluations that try before an alert is given up
#   retry_minutes: 5            # pause after the first; it doubles

# An alert when a day's spend of somebody leaves its own range of the days before. Nothing is looked for without this section.
# anomalies:
#   of: [team, tag, caller]
#   history_days: 28
#   least_days: 10              # so long somebody has to be known
#   threshold: 5                # how far from the median, in robust standard deviations
#   minimum: $20                # and at least so far from it
#   direction: up               # both: also days of less than usual
#   notify: [ops]               # all targets without it

# How a provider's bill is matched with the ledger. Without it all gateways and workspaces are one.
# reconciliation:
#   providers: {anthropic-prod: anthropic}        # provider of the gateway: whose bill it is on
#   workspaces: {wrkspc_1: prod, default: lab}    # workspace or project: gateway; default is the one without an id

# For \`aperture-ledger worker\` only: the queue of the jobs. A password may come in REDIS_PASSWORD. A url may name any node of a
# cluster; {url, ca} for a certificate's authority, {cluster: [url]} and {sentinels: [url], name} are understood as well.
# redis: redis://127.0.0.1:6379

# When the worker's jobs run. Without any of them all run as written here but for month_to_date; where some are named the others do not run.
# schedule:
#   timezone: UTC
#   pull: "*/15 * * * *"        # new exports
#   pull_all: "45 0 * * *"      # the same, looking at every object of every source
#   nightly: "30 1 * * *"       # stale days and their rollups
#   month_to_date: "30 5 * * *" # the current month as far as it is known; never without a pattern
#   chargeback: "0 6 1 * *"     # the month before
#   retention: "0 4 * * *"      # the archive: copies checked, holds, retention, digests

# Health, metrics, jobs and reports of a worker. Loopback only, unless allow says who may come through tailscale serve.
# http:
#   port: 8080
#   allow: [alice@example.com, "group:finance"]     # groups of directory.policy
#   holds: [alice@example.com]                      # who of them may add and release legal holds
#   hosts: [ledger.tail1234.ts.net]                 # hosts in the browser's address; by default any that ends in .ts.net
#   socket: /run/aperture-ledger/http.sock          # where other people have accounts on the machine: tailscale serve unix:/run/...
`;

/** Writes the example configuration; never overwrites a file. */
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
