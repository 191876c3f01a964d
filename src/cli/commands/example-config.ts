import { stringify } from "yaml";

/** The JSON Schema that `init` writes beside the configuration. Editors find it by the first line of the configuration. */
export const SCHEMA_FILE = "aperture-ledger.schema.json";

/** Commented-out lines show a default or an example; the other lines must be set. */
export const EXAMPLE_CONFIG = `# yaml-language-server: $schema=${SCHEMA_FILE}
# aperture-ledger.yaml: what the ledger reads and where it is kept.
# \`aperture-ledger doctor\` checks it, \`aperture-ledger config schema\` prints everything that is allowed.

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

# The copies of exports, and the key that proves that they are complete: docs/archive.md has the details.
# archive:
#   url: s3://ai-ledger-archive                # a separate bucket with Object Lock; without it, copies are in the lake below archive/
#   lock: {mode: GOVERNANCE, retain: 90 days}  # nobody can lift a COMPLIANCE lock before it expires, not even one set by mistake
#   bodies: keep                               # captured conversations: keep, drop, or redact (secrets replaced)
#   redact: [{name: ticket, pattern: 'ACME-\\d+'}]   # in addition to keys, tokens and mail addresses; only with bodies: redact
#   signing_key: /etc/aperture-ledger/signing-key.pem   # made by aperture-ledger archive keys; or APERTURE_LEDGER_SIGNING_KEY
#   retention:                                 # the first rule that matches a record decides; without one the record is kept
#     - {content: bodies, keep: 90 days}
#     - {content: records, keep: 7 years}
#   purge: dry_run                             # what the daily job does with expired records: reports them, or removes them (apply)
#   erasure_key: /etc/aperture-ledger/erasure-key       # 32 characters or more, for archive erase; or APERTURE_LEDGER_ERASURE_KEY

# The gateway's configuration says which providers are subscriptions (passthrough) and which are self-hosted.
# It is read at every run; the lake keeps its providers by time.
# aperture:
#   config: http://ai                      # the gateway; or file:///etc/aperture/config.hujson
#   quotas: http://ai/api/quotas           # balances of the gateway's buckets, stored at every run

# Request headers to keep: all CI runners are tag:ci, and a header says which repository they work for.
# dimensions:
#   repo: X-Github-Repository
#   ticket: {header: X-Git-Branch, pattern: "[A-Z]+-[0-9]+"}   # what a regular expression finds in the header

# Who belongs to which team. Every entry may have a first day (from) and a first day on which it no longer applies (until).
# directory:
#   policy: file:///etc/aperture/policy.hujson   # the tailnet policy, also s3:// or http://; its groups are teams, unless they are a member below or ignored
#   ignore_groups: ["group:vpn-*"]               # groups that only give access
#   teams:                                       # the first of a person's teams pays, unless a rule decides
#     - name: payments
#       cost_center: CC-4100
#       owner: alice@example.com                 # the person responsible; explain shows it
#       members: ["group:payments", {member: bob@example.com, from: 2026-10-15}]
#     - name: web
#       members: ["group:web", "tag:web-*", {member: bob@example.com, until: 2026-10-15}]
#     - name: platform
#       members: ["group:platform", "*@platform.example.com", "tag:ci"]

# Who pays. docs/allocation.md has the details.
# allocation:
#   several: primary            # who pays for a caller in several teams without a rule: primary (the first team), even, unallocated
#   tags: even                  # a device with several tags in the report by tag: even, or full, but then the tags do not add up
#   rules:                      # the first rule that applies decides; without one, the directory
#     - {name: CI by repository, when: {tag: "tag:ci"}, by: repo, teams: {acme/payments: payments, "acme/web-*": web}}
#     - {name: agreed in May, when: {caller: bob@example.com}, split: {payments: 70, web: 30}, until: 2027-01-01}
#   pools:                      # shared costs: even, proportional to the teams' own costs, or weights
#     - {name: shared CI, when: {team: platform, tag: "tag:ci"}, spread: proportional}
#   adjustments:                # discounts and markups, one after the other, in separate rows
#     - {name: committed use, when: {provider: anthropic}, percent: -8, from: 2026-10-16}

# What providers charge for besides requests. docs/charges.md has an example of each kind.
# charges:
#   - {name: Claude seats, kind: seats, provider: anthropic, price: 25, people: ["group:engineering"], from: 2026-10-01}
#   - {name: Bedrock commitment, kind: commitment, provider: bedrock, amount: 1000}
#   - {name: October credits, kind: prepaid, provider: openrouter, amount: 500, on: 2026-10-05}

# Reports without names: pseudonyms, and rows of few people added up. docs/chargeback.md has the details.
# privacy:
#   callers: pseudonym          # or name
#   smallest_group: 5
#   key: /etc/aperture-ledger/privacy-key     # 32 characters or more; or APERTURE_LEDGER_PRIVACY_KEY

# Time zone of the days and months in reports, and of all dates here.
# timezone: UTC

# Prices of models for which the gateway has no estimate, in US dollars per million tokens. Write a list here, or the location of
# a YAML file with one (prices: file:///etc/aperture/prices.yaml). Append a new price with its first day; it changes nothing
# before that day. \`aperture-ledger prices check\` compares the list with the gateway's estimates.
# prices:
#   - match: private-llm/qwen3-*             # provider/model, or only a model; the first that matches the recorded name decides
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

# Facts about all requests of a provider: who pays, and whether reasoning and cached tokens are included in output and input
# (within) or not (beside). docs/prices.md lists the counts that are known without it.
# providers:
#   - {provider: private-llm, counts: {reasoning: beside, cached: within}}
#   - {provider: lab-claude, from: 2026-10-01, billing: metered}   # who pays if the capture does not show it

# Budgets: how much may be spent, by whom, on what, in which period. \`aperture-ledger limits\` shows their state; docs/limits.md
# has the details. Without a scope everything counts; per is day, week, month, quarter or year.
# limits:
#   - {name: company, amount: 20000, per: month}
#   - name: payments on opus
#     scope: {team: payments, model: "claude-opus-*"}   # also tag, caller, gateway, provider, billing, and dimensions such as repo
#     amount: "$1499.50"
#     per: week                              # weeks begin on Monday
#     timezone: Europe/Berlin                # default: the time zone of reports
#     thresholds: [50, 80, 100]              # percentages that raise an alert
#     forecast: true                         # also alert if the forecast exceeds the amount
#     notify: []                             # names of targets in notify

# Where alerts go; \`aperture-ledger alerts test --target ops\` tries one. Secrets come from the environment: write only their
# names here. docs/alerts.md has the details.
# notify:
#   - {name: ops, kind: webhook, url: "https://alerts.example.com/ledger", secret_env: LEDGER_ALERT_SECRET}
#   - {name: chat, kind: slack, url_env: LEDGER_SLACK_URL}     # a whole Slack url is a secret
#   - {name: finance, kind: email, to: finance@example.com}    # through the server in smtp
#   - {name: log, kind: stdout}

# The mail server.
# smtp:
#   host: smtp.example.com
#   from: ledger@example.com
#   tls: starttls               # or implicit
#   user_env: LEDGER_SMTP_USER
#   password_env: LEDGER_SMTP_PASSWORD

# Who gets the monthly report, on the 1st and when the month is closed; \`aperture-ledger deliver --dry-run\` shows it.
# deliver:
#   pages: https://ledger.example.com/reports   # where people open reports: messages link there
#   company: [chat, finance]
#   teams: {payments: [chat]}                   # targets that only get the page and figures of that team
#   owners: {}                                  # and each team's owner, by e-mail

# How alerts are sent.
# alerts:
#   within_seconds: 30          # an unreachable target never takes longer
#   attempts: 8                 # evaluations that try before an alert is given up
#   retry_minutes: 5            # pause after the first attempt; it doubles

# Alerts for days on which the spend of a team, tag or caller leaves its usual range. Without this section there are none.
# anomalies:
#   of: [team, tag, caller]
#   history_days: 28
#   least_days: 10              # days of usage before anything is reported
#   threshold: 5                # how far from the median, in robust standard deviations
#   minimum: $20                # and at least this far from it
#   direction: up               # both: also days with less than usual
#   notify: [ops]               # default: all targets

# Alerts when something is wrong with the ledger itself: exports stop, ids are missing, models have no price. Without targets there are none.
# health:
#   notify: [ops]

# How a provider's bill is matched with the ledger. Without it, all gateways and workspaces are compared together.
# reconciliation:
#   providers: {anthropic-prod: anthropic}        # a provider of the gateway, and the bill that it is on
#   fetch: [{name: anthropic, api: anthropic_analytics, key_env: ANTHROPIC_ADMIN_KEY}]   # the key comes from the environment
#   workspaces: {wrkspc_1: prod, default: lab}    # workspace or project: gateway; default is the one without an id

# The queue of jobs, only for \`aperture-ledger worker\`. A password may come in REDIS_PASSWORD. A url may name any node of a
# cluster; other forms are {url, ca} with the authority of a certificate, {cluster: [url]} and {sentinels: [url], name}.
# redis: redis://127.0.0.1:6379

# When the worker's jobs run. Without a pattern of its own, each job except month_to_date runs at the time here.
# schedule:                     # a key changes one job, the others keep these times; off switches one off
#   timezone: UTC
#   pull: "*/15 * * * *"        # new exports
#   pull_all: "45 0 * * *"      # the same, looking at every object of every source
#   nightly: "30 1 * * *"       # stale days and their rollups
#   month_to_date: "30 5 * * *" # the month to date; never without a pattern
#   chargeback: "0 6 1 * *"     # the month before
#   retention: "0 4 * * *"      # the archive: copies checked, holds, retention, digests
#   bills: "15 5 * * *"         # the bills in reconciliation.fetch

# Health, metrics, jobs and reports of a worker. Loopback only, unless allow says who may use them through tailscale serve.
# http:
#   port: 8080
#   allow: [alice@example.com, "group:finance"]     # groups of directory.policy
#   holds: [alice@example.com]                      # those among them who may add and release legal holds
#   hosts: [ledger.tail1234.ts.net]                 # hosts in the browser's address; by default any that ends in .ts.net
#   socket: /run/aperture-ledger/http.sock          # if other people have accounts on the machine: tailscale serve unix:/run/...
`;

/** Sections of a configuration with values to begin with, by name. */
export type FirstSections = ReadonlyMap<string, object | string>;

/** The example with these sections in the place of its own, so that it runs as it is. Further keys of a section stay as comments. */
export function configWith(sections: FirstSections): string {
  return [...sections].reduce((text, [name, value]) => text.replace(blockOf(name), (lines) => `${stringify({ [name]: value }, { lineWidth: 0 })}${furtherKeys(lines, value)}`), EXAMPLE_CONFIG);
}

/** The lines of a section, whether or not they are comments. */
function blockOf(name: string): RegExp {
  return new RegExp(`^(?:# )?${name}:.*\\n(?:(?:# {3}| {2}).*\\n)*`, "m");
}

function furtherKeys(lines: string, value: object | string): string {
  const known = JSON.stringify(value instanceof Map ? Object.fromEntries(value) : value);
  return lines
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, indent = "", key = "", rest = ""] = /^(?:#|( +)#) +(\w+)(: .*)$/.exec(line) ?? [];
      return key === "" || known.includes(`"${key}":`) ? [] : [`${indent === "" ? "  " : indent}# ${key}${rest}\n`];
    })
    .join("");
}
