import { Command, InvalidArgumentError, Option } from "commander";
import manifest from "../../package.json" with { type: "json" };
import type { AccessFlags } from "./commands/access.ts";
import type { AlertsTestFlags } from "./commands/alerts-test.ts";
import type { ChargebackFlags } from "./commands/chargeback.ts";
import type { DdlFlags } from "./commands/ddl.ts";
import type { ExplainFlags } from "./commands/explain.ts";
import type { QuotasFlags } from "./commands/limits-quotas.ts";
import type { WhatIfFlags } from "./commands/limits-what-if.ts";
import type { PricesCheckFlags } from "./commands/prices-check.ts";
import type { ReconcileFlags } from "./commands/reconcile.ts";
import type { RunFlags } from "./commands/run.ts";
import type { SimulateFlags } from "./commands/simulate.ts";
import type { ScheduleFlags } from "./commands/schedule.ts";
import type { WorkerFlags } from "./commands/worker.ts";
import { addArchiveCommands } from "./archive-commands.ts";
import { exitsWith } from "./exit-codes.ts";
import { ENGINE_NAMES } from "../ddl/engines/engine-names.ts";
import { DEFAULT_OPTIONS } from "../simulate/options.ts";
import type { Clock } from "../ledger/clock.ts";
import type { SettingFlags } from "../config/reading/settings.ts";

type ReportFlags = SettingFlags & { json?: boolean };

/** The flags shared by every command that opens a ledger. */
export function withSettings(command: Command): Command {
  return command
    .addOption(new Option("--config <file>", "configuration file (default: aperture-ledger.yaml, if there is one)").env("APERTURE_LEDGER_CONFIG"))
    .addOption(new Option("--source <url>", "where the exports are: s3://bucket/prefix, file:///dir").env("APERTURE_LEDGER_SOURCE"))
    .addOption(new Option("--instance <name>", "name of the gateway whose exports are at --source").env("APERTURE_LEDGER_INSTANCE"))
    .addOption(new Option("--lake <url>", "where the ledger is kept").env("APERTURE_LEDGER_LAKE"))
    .addOption(new Option("--gateway-config <url>", "the gateway's configuration: http://ai/api/config, a file").env("APERTURE_LEDGER_GATEWAY_CONFIG"))
    .option("--dimension <name=Header>", "request header to keep as a dimension; may be repeated", collect)
    .addOption(new Option("--timezone <zone>", "time zone of days and months in reports").env("APERTURE_LEDGER_TIMEZONE"));
}

function withQueue(command: Command): Command {
  return withSettings(command).addOption(new Option("--redis <url>", "queue: redis://host:port").env("APERTURE_LEDGER_REDIS"));
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function readCount(value: string): number {
  if (/^\d{1,4}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("it must be a whole number up to 9999.");
}

/** Commands are loaded when they are called, so that --help does not load the database. */
export function buildProgram(exit: (code: number) => void, clock: Clock): Command {
  const program = new Command("aperture-ledger")
    .description("Turns an Aperture gateway's export files into a ledger: every request once, priced to the nanodollar.")
    .version(manifest.version)
    .exitOverride()
    // Arguments after the name of a subcommand belong to the subcommand.
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true });

  program
    .command("init")
    .description("write a commented aperture-ledger.yaml")
    .option("--out <file>", "file to write", "aperture-ledger.yaml")
    .action(async (flags: { out: string }) => exit(await (await import("./commands/init.ts")).init(flags)));
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
  const chargeback = withSettings(program.command("chargeback").description("report who spent what in a month, as HTML, CSV and JSON").enablePositionalOptions())
    .option("--month <YYYY-MM>", "calendar month in the configured time zone; the report needs one")
    .option("--close", "close the month: its figures never change again, and later changes are booked as corrections")
    .option("--by <name>", "who closes it (default: your login)")
    .option("--clock-is-right", "confirm that this machine's clock is right, although nothing else shows that it is so late")
    .addOption(new Option("--team <name>", "cut the report to this team as well").conflicts("teams"))
    .option("--teams", "cut the report to each team as well")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ChargebackFlags) => exit(await (await import("./commands/chargeback.ts")).chargeback(flags, clock)));
  withSettings(chargeback.command("diff <a> <b>").description("explain the difference of two states: 2026-09, 2026-09@closed, 2026-09@corrected, 2026-09@now"))
    .option("--json", "one JSON object on stdout")
    .action(async (a: string, b: string, _flags, command: Command) =>
      exit(await (await import("./commands/chargeback-diff.ts")).chargebackDiff(a, b, command.optsWithGlobals<ReportFlags>(), clock)));
  withSettings(program.command("reconcile").description("compare what providers billed with the ledger, and explain the differences"))
    .requiredOption("--month <YYYY-MM>", "calendar month, of UTC days")
    .option("--bill <file...>", "the provider's reports of usage and costs, JSON or CSV; several complete each other")
    .option("--true-up", "make the month owe what the bill says, by provider and model")
    .option("--remove-true-up", "make the month owe the cost of its usage again")
    .option("--by <name>", "who trues up (default: your login)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReconcileFlags) => exit(await (await import("./commands/reconcile.ts")).reconcileBills(flags, clock)));
  withSettings(program.command("ddl").description("print the SQL that makes the lake's tables readable in another engine, where they lie"))
    .addOption(new Option("--engine <name>", "for which engine").choices(ENGINE_NAMES).makeOptionMandatory())
    .option("--connection <name>", "of Snowflake's storage integration, or BigQuery's connection", "aperture_ledger")
    .action(async (flags: DdlFlags) => exit(await (await import("./commands/ddl.ts")).ddl(flags)));
  withSettings(program.command("explain").description("explain a team's figures of a month, down to rules and records"))
    .requiredOption("--month <YYYY-MM>", "calendar month in the configured time zone")
    .requiredOption("--team <name>", "a team, or (unallocated)")
    .addOption(new Option("--records <n>", "how many of the records that cost the team most are listed").argParser(readCount).default(10))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ExplainFlags) => exit(await (await import("./commands/explain.ts")).explain(flags, clock)));
  withSettings(program.command("access").description("review access: use that no current grant covers, unused grants, denied and rejected requests"))
    .requiredOption("--month <YYYY-MM>", "calendar month in the configured time zone")
    .addOption(new Option("--unused-days <n>", "a grant counts as unused after that many days without use").argParser(readCount).default(90))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: AccessFlags) => exit(await (await import("./commands/access.ts")).reviewGrants(flags, clock)));
  const limits = withSettings(program.command("limits").description("show how the budgets stand: spent, left, forecast").enablePositionalOptions())
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReportFlags) => exit(await (await import("./commands/limits.ts")).limits(flags, clock)));
  exitsWith(
    withSettings(program.command("prices").description("about the price list").command("check"))
      .description("show where the gateway's estimates and the price list differ, by model and token type")
      .option("--month <YYYY-MM>", "calendar month in the configured time zone (default: all months)")
      .option("--json", "one JSON object on stdout")
      .option("--strict", "exit with 3 when they differ")
      .action(async (flags: PricesCheckFlags) => exit(await (await import("./commands/prices-check.ts")).checkPriceList(flags))),
    { 3: "with `--strict`: the gateway's estimates and the price list differ" },
  );
  withSettings(limits.command("quotas").description("show the gateway's buckets, replayed from the recorded requests"))
    .option("--month <YYYY-MM>", "calendar month in the configured time zone (default: this one)")
    .option("--from <YYYY-MM-DD>", "first day, instead of a month")
    .option("--to <YYYY-MM-DD>", "last day (default: today)")
    .option("--bucket <name>", "only this bucket, or those of this template")
    .option("--json", "one JSON object on stdout")
    .action(async (_flags, command: Command) => exit(await (await import("./commands/limits-quotas.ts")).limitsQuotas(command.optsWithGlobals<QuotasFlags>(), clock)));
  withSettings(limits.command("what-if").description("show what another rate of a bucket would have stopped or allowed"))
    .requiredOption("--bucket <name>", "a bucket as the gateway's configuration names it, or one bucket of a template")
    .requiredOption("--rate <$X/unit>", "the other rate, such as $5.00/day: per min, hour, day, week or month of 30 days")
    .option("--capacity <$Y>", "the other capacity, such as $10.00")
    .option("--month <YYYY-MM>", "calendar month in the configured time zone (default: this one)")
    .option("--json", "one JSON object on stdout")
    .action(async (_flags, command: Command) => exit(await (await import("./commands/limits-what-if.ts")).limitsWhatIf(command.optsWithGlobals<WhatIfFlags>(), clock)));
  const alerts = withSettings(program.command("alerts").description("list alerts and their state, newest first"))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReportFlags) => exit(await (await import("./commands/alerts.ts")).alerts(flags)));
  alerts
    .command("test")
    .description("send a message to a target")
    .requiredOption("--target <name>", "name of a target in notify")
    .action(async (_, command: Command) => exit(await (await import("./commands/alerts-test.ts")).testTarget(command.optsWithGlobals<AlertsTestFlags>(), clock)));
  withQueue(program.command("worker").description("take jobs from the queue until SIGTERM or SIGINT"))
    .option("--schedule", "also declare the schedules, and again every minute")
    .option("--host <address>", "address that serves health, metrics, jobs and reports (default: http.host)")
    .option("--port <n>", "port that serves them (default: http.port)", Number)
    .action(async (flags: WorkerFlags) => exit(await (await import("./commands/worker.ts")).worker(flags, clock)));
  withQueue(program.command("schedule").description("declare the schedules of the configuration in Redis"))
    .option("--stay", "declare them again every minute, until SIGTERM or SIGINT")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ScheduleFlags) => exit(await (await import("./commands/schedule.ts")).schedule(flags)));
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
    .option("--json", "one JSON object on stdout: the exact sums of what was written")
    .action(async (flags: SimulateFlags) => exit(await (await import("./commands/simulate.ts")).simulate(flags)));
  program
    .command("demo", { hidden: true })
    .option("--out <dir>", "folder for everything", "demo")
    .action(async (flags: { out: string }) => exit(await (await import("./commands/demo.ts")).demo(flags, clock)));
  addArchiveCommands(program, withSettings, exit, clock);
  const config = program.command("config").description("about the configuration");
  config
    .command("schema")
    .description("print the JSON Schema of aperture-ledger.yaml")
    .action(async () => exit(await (await import("./commands/config-schema.ts")).configSchemaJson()));
  return program;
}
