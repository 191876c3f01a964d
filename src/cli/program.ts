import { Command, InvalidArgumentError, Option } from "commander";
import manifest from "../../package.json" with { type: "json" };
import type { AccessFlags } from "./commands/access.ts";
import type { AlertsTestFlags } from "./commands/alerts-test.ts";
import type { ChargebackFlags } from "./commands/chargeback.ts";
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
import type { SettingFlags } from "../config/reading/settings.ts";

type ReportFlags = SettingFlags & { json?: boolean };

/** The flags that every command shares which opens a ledger. */
export function withSettings(command: Command): Command {
  return command
    .addOption(new Option("--config <file>", "configuration file (default: aperture-ledger.yaml, if there is one)").env("APERTURE_LEDGER_CONFIG"))
    .addOption(new Option("--source <url>", "where the exports are: s3://bucket/prefix, file:///dir").env("APERTURE_LEDGER_SOURCE"))
    .addOption(new Option("--instance <name>", "name of the gateway that --source belongs to").env("APERTURE_LEDGER_INSTANCE"))
    .addOption(new Option("--lake <url>", "where the ledger is kept").env("APERTURE_LEDGER_LAKE"))
    .addOption(new Option("--gateway-config <url>", "the gateway's configuration: http://ai/api/config, a file").env("APERTURE_LEDGER_GATEWAY_CONFIG"))
    .option("--dimension <name=Header>", "request header to keep as a dimension; may be repeated", collect)
    .addOption(new Option("--timezone <zone>", "of days and months in reports").env("APERTURE_LEDGER_TIMEZONE"));
}

function withQueue(command: Command): Command {
  return withSettings(command).addOption(new Option("--redis <url>", "queue: redis://host:port").env("APERTURE_LEDGER_REDIS"));
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function readCount(value: string): number {
  if (/^\d{1,4}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("it has to be a whole number up to 9999.");
}

/** Commands are loaded when they are called, so that --help does not wait for the database. */
export function buildProgram(exit: (code: number) => void): Command {
  const program = new Command("aperture-ledger")
    .description("Turns an Aperture gateway's export files into a ledger: every request once, priced to the nanodollar.")
    .version(manifest.version)
    .exitOverride()
    // What stands behind the name of a subcommand is its own.
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true });

  program
    .command("init")
    .description("write a commented aperture-ledger.yaml")
    .option("--out <file>", "where to", "aperture-ledger.yaml")
    .action(async (flags: { out: string }) => exit(await (await import("./commands/init.ts")).init(flags)));
  exitsWith(
    withSettings(program.command("doctor").description("check configuration, sources and lake, and say what to do"))
      .option("--json", "one JSON object on stdout")
      .action(async (flags: ReportFlags) => exit(await (await import("./doctor/doctor.ts")).doctor(flags))),
    { 1: "failed, or a finding is a failure" },
  );
  withSettings(program.command("status").description("what is ingested, stale, quarantined, damaged"))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReportFlags) => exit(await (await import("./commands/status.ts")).status(flags)));
  exitsWith(
    withSettings(program.command("run").description("one pass in this process: pull, build, roll up"))
      .option("--json", "one JSON object on stdout")
      .option("--strict", "exit with 3 when something is quarantined or damaged")
      .action(async (flags: RunFlags) => exit(await (await import("./commands/run.ts")).run(flags))),
    { 3: "with `--strict`: done, but something is quarantined or damaged, or a copy in the archive was altered" },
  );
  const chargeback = withSettings(program.command("chargeback").description("who spent what in a month: JSON, CSV and HTML").enablePositionalOptions())
    .option("--month <YYYY-MM>", "calendar month in the configured time zone")
    .option("--close", "close the month: its figures never change again, what comes later is booked as corrections")
    .option("--by <name>", "who closes it (default: whoever is logged in)")
    .option("--clock-is-right", "close it though nothing else shows that it is so late")
    .addOption(new Option("--team <name>", "cuts the report to this team as well").conflicts("teams"))
    .option("--teams", "cuts it to each team as well")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ChargebackFlags) => exit(await (await import("./commands/chargeback.ts")).chargeback(flags)));
  withSettings(chargeback.command("diff <a> <b>").description("explain two states: 2026-09, 2026-09@closed, 2026-09@corrected, 2026-09@now"))
    .option("--json", "one JSON object on stdout")
    .action(async (a: string, b: string, _flags, command: Command) =>
      exit(await (await import("./commands/chargeback-diff.ts")).chargebackDiff(a, b, command.optsWithGlobals<ReportFlags>())));
  withSettings(program.command("reconcile").description("what providers billed beside the ledger, and where differences come from"))
    .requiredOption("--month <YYYY-MM>", "calendar month, of UTC days")
    .option("--bill <file...>", "the provider's reports: usage and costs, JSON or CSV; several complete each other")
    .option("--true-up", "make the bill what the month owes, by provider and model")
    .option("--remove-true-up", "let the month owe what its usage costs again")
    .option("--by <name>", "who trues up (default: the user that calls)")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReconcileFlags) => exit(await (await import("./commands/reconcile.ts")).reconcileBills(flags)));
  withSettings(program.command("explain").description("how a team's figures of a month came about, down to rules and records"))
    .requiredOption("--month <YYYY-MM>", "calendar month in the configured time zone")
    .requiredOption("--team <name>", "a team, or (unallocated)")
    .addOption(new Option("--records <n>", "how many of the records it pays most for").argParser(readCount).default(10))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ExplainFlags) => exit(await (await import("./commands/explain.ts")).explain(flags)));
  withSettings(program.command("access").description("who used what no current grant covers, grants that nobody uses, denied and rejected requests"))
    .requiredOption("--month <YYYY-MM>", "calendar month in the configured time zone")
    .addOption(new Option("--unused-days <n>", "days without any use after which a grant counts as unused").argParser(readCount).default(90))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: AccessFlags) => exit(await (await import("./commands/access.ts")).reviewGrants(flags)));
  const limits = withSettings(program.command("limits").description("how the budgets stand: spent, left, forecast").enablePositionalOptions())
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReportFlags) => exit(await (await import("./commands/limits.ts")).limits(flags)));
  exitsWith(
    withSettings(program.command("prices").description("about the price list").command("check"))
      .description("show where the gateway's estimates and the price list differ, by model and token type")
      .option("--month <YYYY-MM>", "calendar month in the configured time zone (default: all there is)")
      .option("--json", "one JSON object on stdout")
      .option("--strict", "exit with 3 when they differ")
      .action(async (flags: PricesCheckFlags) => exit(await (await import("./commands/prices-check.ts")).checkPriceList(flags))),
    { 3: "with `--strict`: the gateway's estimates and the price list differ" },
  );
  withSettings(limits.command("quotas").description("the gateway's buckets, replayed from the recorded requests"))
    .option("--month <YYYY-MM>", "calendar month in the configured time zone (default: this one)")
    .option("--from <YYYY-MM-DD>", "first day, instead of a month")
    .option("--to <YYYY-MM-DD>", "last day (default: today)")
    .option("--bucket <name>", "only this one, or those of this template")
    .option("--json", "one JSON object on stdout")
    .action(async (_flags, command: Command) => exit(await (await import("./commands/limits-quotas.ts")).limitsQuotas(command.optsWithGlobals<QuotasFlags>())));
  withSettings(limits.command("what-if").description("what another rate of a bucket would have stopped or allowed"))
    .requiredOption("--bucket <name>", "as the gateway's configuration names it, or one bucket of a template")
    .requiredOption("--rate <$X/unit>", "for example $5.00/day: per min, hour, day, week or month of 30 days")
    .option("--capacity <$Y>", "for example $10.00")
    .option("--month <YYYY-MM>", "calendar month in the configured time zone (default: this one)")
    .option("--json", "one JSON object on stdout")
    .action(async (_flags, command: Command) => exit(await (await import("./commands/limits-what-if.ts")).limitsWhatIf(command.optsWithGlobals<WhatIfFlags>())));
  const alerts = withSettings(program.command("alerts").description("list alerts and what became of them, newest first"))
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ReportFlags) => exit(await (await import("./commands/alerts.ts")).alerts(flags)));
  alerts
    .command("test")
    .description("send a message to a target")
    .requiredOption("--target <name>", "one of notify:")
    .action(async (_, command: Command) => exit(await (await import("./commands/alerts-test.ts")).testTarget(command.optsWithGlobals<AlertsTestFlags>())));
  withQueue(program.command("worker").description("take jobs from the queue until told to end"))
    .option("--schedule", "declare the schedules as well, and again every minute")
    .option("--host <address>", "to serve health, metrics, jobs and reports at: http.host")
    .option("--port <n>", "to serve them at: http.port", Number)
    .action(async (flags: WorkerFlags) => exit(await (await import("./commands/worker.ts")).worker(flags)));
  withQueue(program.command("schedule").description("declare the schedules of the configuration in Redis"))
    .option("--stay", "and again every minute, until told to end")
    .option("--json", "one JSON object on stdout")
    .action(async (flags: ScheduleFlags) => exit(await (await import("./commands/schedule.ts")).schedule(flags)));
  program
    .command("simulate")
    .description("write export files of an invented company")
    .requiredOption("--out <dir>", "folder for the files")
    .option("--days <n>", "how many days", Number)
    .option("--records <n>", "how many requests", Number)
    .option("--seed <text>", "the same seed writes the same bytes")
    .option("--from <date>", "first day, YYYY-MM-DD")
    .option("--limit <n>", "most records in a file", Number)
    .option("--every <seconds>", "seconds from one export to the next", Number)
    .option("--bodies", "with captured conversations: very large when unpacked")
    .option("--json", "one JSON object on stdout: the exact sums of what was written")
    .action(async (flags: SimulateFlags) => exit(await (await import("./commands/simulate.ts")).simulate(flags)));
  program
    .command("demo", { hidden: true })
    .option("--out <dir>", "folder for everything", "demo")
    .action(async (flags: { out: string }) => exit(await (await import("./commands/demo.ts")).demo(flags)));
  addArchiveCommands(program, withSettings, exit);
  const config = program.command("config").description("about the configuration");
  config
    .command("schema")
    .description("print the JSON Schema of aperture-ledger.yaml")
    .action(async () => exit(await (await import("./commands/config-schema.ts")).configSchemaJson()));
  return program;
}
