import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { AccessFlags } from "./commands/access.ts";
import type { AlertsTestFlags } from "./commands/alerts-test.ts";
import type { ChargebackFlags } from "./commands/chargeback.ts";
import type { DeliverFlags } from "./commands/deliver.ts";
import type { DdlFlags } from "./commands/ddl.ts";
import type { InitFlags } from "./commands/init.ts";
import type { ExplainFlags } from "./commands/explain.ts";
import type { LimitsFlags } from "./commands/limits.ts";
import type { JournalFlags } from "./commands/journal.ts";
import type { QuotasFlags } from "./commands/limits-quotas.ts";
import type { WhatIfFlags } from "./commands/limits-what-if.ts";
import type { OpenFlags } from "./commands/privacy-open.ts";
import type { Shell } from "./commands/completion.ts";
import type { PricesCheckFlags } from "./commands/prices-check.ts";
import type { ReconcileFlags } from "./commands/reconcile.ts";
import type { RunFlags } from "./commands/run.ts";
import type { SimulateFlags } from "./commands/simulate.ts";
import type { ScheduleFlags } from "./commands/schedule.ts";
import type { WorkerFlags } from "./commands/worker.ts";
import { addArchiveCommands } from "./archive-commands.ts";
import { asCalled } from "./called-as.ts";
import { exitsWith } from "./exit-codes.ts";
import { shareOptions } from "./shared-options.ts";
import { ENGINE_NAMES } from "../ddl/engines/engine-names.ts";
import { DEFAULT_OPTIONS } from "../simulate/options.ts";
import type { Clock } from "../ledger/clock.ts";
import { PRODUCT_VERSION } from "../ledger/product-version.ts";
import type { SettingFlags } from "../config/reading/settings.ts";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

type ReportFlags = SettingFlags & { json?: boolean };

/** The flags shared by every command that opens a ledger. */
export function withSettings(command: Command): Command {
  return withPlaces(command.addOption(new Option("--config <file>", "configuration file (default: aperture-ledger.yaml, if there is one)").env("APERTURE_LEDGER_CONFIG")));
}

/** The settings that flags may give without a configuration file. */
function withPlaces(command: Command): Command {
  return command
    .addOption(new Option("--source <url>", "where the exports are: s3://bucket/prefix, file:///dir").env("APERTURE_LEDGER_SOURCE"))
    .addOption(new Option("--instance <name>", "name of the gateway whose exports are at --source").env("APERTURE_LEDGER_INSTANCE"))
    .addOption(new Option("--lake <url>", "where the ledger is kept").env("APERTURE_LEDGER_LAKE"))
    .addOption(new Option("--gateway-config <url>", "the gateway's address, http://ai, or a file with its configuration").env("APERTURE_LEDGER_GATEWAY_CONFIG"))
    .option("--dimension <name=Header>", "request header to keep as a dimension; may be repeated", collect)
    .addOption(new Option("--timezone <zone>", "time zone of days and months in reports").env("APERTURE_LEDGER_TIMEZONE"));
}

/** @param meaning what the month is for, and which one is usual */
function withMonth(command: Command, meaning: string): Command {
  return command.option("--month <month>", `${meaning}; YYYY-MM, last or this`);
}

function withQueue(command: Command): Command {
  return withSettings(command).addOption(redisOption());
}

function redisOption(): Option {
  return new Option("--redis <url>", "queue: redis://host:port").env("APERTURE_LEDGER_REDIS");
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function readCount(value: string): number {
  if (/^\d{1,4}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("it must be a whole number up to 9999.");
}

function readPort(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new InvalidArgumentError("it must be a whole number up to 65535.");
}

/** Commands are loaded when they are called, so that --help does not load the database. */
export function buildProgram(exit: (code: number) => void, clock: Clock): Command {
  const program = new Command("aperture-ledger")
    .description("Turns an Aperture gateway's export files into a ledger: every request once, priced to the nanodollar.")
    .version(PRODUCT_VERSION)
    .exitOverride()
    // Arguments after the name of a subcommand belong to the subcommand.
    .enablePositionalOptions()
    .configureOutput({ writeOut: (text) => void process.stdout.write(asCalled(text)), writeErr: (text) => void process.stderr.write(asCalled(text)) });

  withPlaces(program.command("init").description("write an aperture-ledger.yaml that runs, and its JSON Schema for editors"))
    .addOption(redisOption())
    .option("--out <file>", "file to write", "aperture-ledger.yaml")
    .option("--force", "replace existing files")
    .action(async (flags: InitFlags) => exit(await (await import("./commands/init.ts")).init(flags)));
  exitsWith(
    withSettings(program.command("doctor").description("check configuration, sources and lake, and say what to do about each finding"))
      .option("--json", "one JSON object on stdout")
      .action(async (flags: ReportFlags) => exit(await (await import("./doctor/doctor.ts")).doctor(flags, clock))),
    { 1: "failed, or a finding is a failure" },
  );
  withSettings(program.command("status").description("show what is ingested, stale, quarantined and damaged"))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReportFlags) => exit(await (await import("./commands/status.ts")).status(flags, clock)));
  exitsWith(
    withSettings(program.command("run").description("make one pass in this process: pull, ingest, build, allocate, check limits"))
      .option("--json", "one JSON object on stdout")
      .option("--strict", "exit with 3 when something is quarantined or damaged")
      .action(async (flags: RunFlags) => exit(await (await import("./commands/run.ts")).run(flags, clock))),
    { 3: "with `--strict`: done, but something is quarantined or damaged, or a copy in the archive was altered" },
  );
  const chargeback = withMonth(withSettings(program.command("chargeback").description("report who spent what in a month, as HTML, CSV and JSON")), "calendar month in the configured time zone (default: the last complete month)")
    .option("--close", "close the month: its figures never change again, and later changes are booked as corrections")
    .option("--by <name>", "who closes it (default: your login)")
    .option("--clock-is-right", "confirm that this machine's clock is right, although nothing else shows that it is so late")
    .addOption(new Option("--team <name>", "also write a report of this team alone").conflicts("teams"))
    .option("--teams", "also write a report of each team alone")
    .option("--out <dir>", "also copy the report's files into this folder")
    .option("--open", "open the page in the default browser")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ChargebackFlags) => exit(await (await import("./commands/chargeback.ts")).chargeback(flags, clock)));
  withSettings(chargeback.command("diff <a> <b>").description("explain the difference of two states: 2026-09, 2026-09@closed, last@corrected, this@now"))
    .option("--json", "one JSON object on stdout")
    .action(async (a: string, b: string, flags: ReportFlags) => exit(await (await import("./commands/chargeback-diff.ts")).chargebackDiff(a, b, flags, clock)));
  withMonth(withSettings(program.command("deliver").description("make a month's report and send it to the configured recipients, each state of it once")), "calendar month in the configured time zone (default: the last complete month)")
    .option("--dry-run", "show what would be sent to whom, and send nothing")
    .option("--again", "send reports again that were already sent")
    .option("--team <name>", "only the report of this team")
    .option("--target <name>", "with --again: only to this target, or to (owner)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: DeliverFlags) => exit(await (await import("./commands/deliver.ts")).deliver(flags, clock)));
  withMonth(withSettings(program.command("reconcile").description("compare what providers billed with the ledger, and explain the differences")), "calendar month, of UTC days (default: the last complete month)")
    .option("--bill <file...>", "the provider's reports of usage and costs, JSON or CSV, or FOCUS files; several files complement each other")
    .option("--kept [name...]", "include the bills that were fetched for the month, or only those with these names in reconciliation.fetch; without --bill, use only these")
    .option("--fetch", "first fetch the bills of the month, as configured in reconciliation.fetch")
    .option("--true-up", "make the amounts that the month owes equal to the bill, by provider and model")
    .option("--remove-true-up", "make the month owe the cost of its usage again")
    .option("--by <name>", "who trues up (default: your login)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReconcileFlags) => exit(await (await import("./commands/reconcile.ts")).reconcileBills(flags, clock)));
  withSettings(program.command("ddl").description("print the SQL that lets another engine read the lake's tables in place"))
    .addOption(new Option("--engine <name>", "for which engine").choices(ENGINE_NAMES).makeOptionMandatory())
    .option("--connection <name>", "name of Snowflake's storage integration, or of BigQuery's connection", "aperture_ledger")
    .action(async (flags: DdlFlags) => exit(await (await import("./commands/ddl.ts")).ddl(flags)));
  withMonth(withSettings(program.command("explain").description("explain a team's figures of a month, down to rules and records")), "calendar month in the configured time zone (default: the last complete month)")
    .requiredOption("--team <name>", "a team, or (unallocated)")
    .addOption(new Option("--records <n>", "number of records to list, those that cost the team most first").argParser(readCount).default(10))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ExplainFlags) => exit(await (await import("./commands/explain.ts")).explain(flags, clock)));
  withMonth(withSettings(program.command("access").description("review access: use that no grant covers, unused grants, denied and rejected requests, new tools, unapproved servers, secrets that were sent")), "calendar month in the configured time zone (default: the last complete month)")
    .addOption(new Option("--unused-days <n>", "a grant counts as unused after that many days without use").argParser(readCount).default(90))
    .option("--current", "compare even a closed month with the current grants and groups")
    .option("--secrets", "search the copies of the month's exports for secrets that requests sent")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: AccessFlags) => exit(await (await import("./commands/access.ts")).reviewGrants(flags, clock)));
  const limits = withMonth(withSettings(program.command("limits").description("show the state of the budgets: spent, left, forecast")), "state at the end of this calendar month instead of now, in each budget's time zone")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: LimitsFlags) => exit(await (await import("./commands/limits.ts")).limits(flags, clock)));
  exitsWith(
    withMonth(withSettings(program.command("prices").description("about the price list").command("check")), "calendar month in the configured time zone (default: all months)")
      .description("show where the gateway's estimates and the price list differ, by model and token type")
      .option("--json", "one JSON object on stdout")
      .option("--strict", "exit with 3 when they differ")
      .action(async (flags: PricesCheckFlags) => exit(await (await import("./commands/prices-check.ts")).checkPriceList(flags, clock))),
    { 3: "with `--strict`: the gateway's estimates and the price list differ" },
  );
  withMonth(withSettings(limits.command("quotas").description("show the gateway's buckets, replayed from the recorded requests")), "calendar month in the configured time zone (default: this one)")
    .option("--from <YYYY-MM-DD>", "first day, instead of a month")
    .option("--to <YYYY-MM-DD>", "last day (default: today)")
    .option("--bucket <name>", "only this bucket, or those of this template")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: QuotasFlags) => exit(await (await import("./commands/limits-quotas.ts")).limitsQuotas(flags, clock)));
  withMonth(withSettings(limits.command("what-if").description("show what another rate of a bucket would have stopped or allowed")), "calendar month in the configured time zone (default: this one)")
    .requiredOption("--bucket <name>", "a bucket as the gateway's configuration names it, or one bucket of a template")
    .requiredOption("--rate <$X/unit>", "the other rate, such as $5.00/day: per min, hour, day, week or month of 30 days")
    .option("--capacity <$Y>", "the other capacity, such as $10.00")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: WhatIfFlags) => exit(await (await import("./commands/limits-what-if.ts")).limitsWhatIf(flags, clock)));
  const alerts = withSettings(program.command("alerts").description("list alerts and their state, newest first"))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReportFlags) => exit(await (await import("./commands/alerts.ts")).alerts(flags)));
  withSettings(alerts.command("test").description("send a message to a target"))
    .requiredOption("--target <name>", "name of a target in notify")
    .action(async (flags: AlertsTestFlags) => exit(await (await import("./commands/alerts-test.ts")).testTarget(flags, clock)));
  withSettings(program.command("journal").description("list who read reports, holds and answers over HTTP, and when"))
    .option("--from <YYYY-MM-DD>", "first day (default: the first of this month)")
    .option("--to <YYYY-MM-DD>", "last day (default: today)")
    .option("--by <login>", "only what this login read")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: JournalFlags) => exit(await (await import("./commands/journal.ts")).journal(flags, clock)));
  withQueue(program.command("worker").description("take jobs from the queue until SIGTERM or SIGINT"))
    .option("--schedule", "also declare the schedules, and again every minute")
    .option("--host <address>", "address that serves health, metrics, jobs and reports (default: http.host)")
    .addOption(new Option("--port <n>", "port that serves them (default: http.port)").argParser(readPort))
    .action(async (flags: WorkerFlags) => exit(await (await import("./commands/worker.ts")).worker(flags, clock)));
  withQueue(program.command("schedule").description("declare the schedules of the configuration in Redis"))
    .option("--stay", "declare them again every minute, until SIGTERM or SIGINT")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ScheduleFlags) => exit(await (await import("./commands/schedule.ts")).schedule(flags)));
  withSettings(program.command("privacy").description("about people that reports hide").command("open <pseudonym>"))
    .description("print the login behind a report's pseudonym, after recording in the archive who asked and why")
    .requiredOption("--reason <text>", "reason for the chain; it must not name a person")
    .option("--by <name>", "who is asking (default: your login)")
    .option("--json", "one JSON object on stdout")
    .action(async (pseudonym: string, flags: OpenFlags) => exit(await (await import("./commands/privacy-open.ts")).openReportPseudonym(pseudonym, flags, clock)));
  program
    .command("simulate")
    .description("write the export files of an invented company")
    .requiredOption("--out <dir>", "folder for the files")
    .option("--days <n>", `number of days (default: ${String(DEFAULT_OPTIONS.days)})`, Number)
    .option("--records <n>", `number of requests (default: ${String(DEFAULT_OPTIONS.records)})`, Number)
    .option("--seed <text>", `the same seed writes the same bytes (default: ${DEFAULT_OPTIONS.seed})`)
    .option("--from <date>", `first day, YYYY-MM-DD (default: ${DEFAULT_OPTIONS.from.toISOString().slice(0, "YYYY-MM-DD".length)})`)
    .option("--limit <n>", `most records in a file (default: ${String(DEFAULT_OPTIONS.limit)})`, Number)
    .option("--every <seconds>", `seconds between two exports (default: ${String(DEFAULT_OPTIONS.everySeconds)})`, Number)
    .option("--bodies", "with captured conversations: very large when unpacked")
    .option("--hooks <url>", "also send the hooks of the requests to a worker, with the secret in APERTURE_LEDGER_HOOK_SECRET")
    .option("--hooks-per-second <n>", "most calls per second (default: as many as the worker accepts)", Number)
    .option("--json", "one JSON object on stdout: the exact sums of the written requests")
    .action(async (flags: SimulateFlags) => exit(await (await import("./commands/simulate.ts")).simulate(flags)));
  program
    .command("demo", { hidden: true })
    .option("--out <dir>", "folder for everything", "demo")
    .option("--small", "four days with few requests instead of two months")
    .action(async (flags: { out: string; small?: boolean }) => exit(await (await import("./commands/demo.ts")).demo(flags)));
  addArchiveCommands(program, withSettings, exit, clock);
  const config = program.command("config").description("about the configuration");
  config
    .command("schema")
    .description("print the JSON Schema of aperture-ledger.yaml")
    .action(async () => exit(await (await import("./commands/config-schema.ts")).configSchemaJson()));
  program
    .command("completion")
    .description("print a script that completes commands and flags in your shell")
    .addArgument(new Argument("<shell>", "your shell").choices(SHELLS))
    .action(async (shell: Shell) => exit((await import("./commands/completion.ts")).printCompletion(program, shell)));
  shareOptions(program, new Set(withSettings(new Command()).options.map(({ long }) => long ?? "")));
  return program;
}
