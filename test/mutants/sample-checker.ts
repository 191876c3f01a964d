import { type Checker, type CheckResult, CheckStatus } from "@stryker-mutator/api/check";
import type { Mutant } from "@stryker-mutator/api/core";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import { sampleMutants } from "./sample.ts";

/** Why a mutant that was not drawn is not run; the report leaves mutants of this reason out. */
export const NOT_DRAWN = "not in the sample";

/**
 * StrykerJS has no sampling, but asks its checkers about each mutant before it runs it: this one lets only the sample pass.
 * StrykerJS groups all mutants in one call before it checks any, which is where the sample is drawn.
 */
class SampleChecker implements Checker {
  private readonly count = Number(process.env["MUTANTS_SAMPLE"]);
  private readonly seed = Number(process.env["MUTANTS_SEED"]);
  private sample: Set<string> | undefined;

  init(): Promise<void> {
    return Promise.resolve();
  }

  group(mutants: Mutant[]): Promise<string[][]> {
    if (this.sample !== undefined) throw new Error("StrykerJS handed the mutants over in parts; the sample needs all of them at once");
    this.sample = sampleMutants(mutants, this.count, this.seed);
    return Promise.resolve([mutants.map(({ id }) => id)]);
  }

  check(mutants: Mutant[]): Promise<Record<string, CheckResult>> {
    const drawn = (id: string): CheckResult =>
      this.sample?.has(id) === true ? { status: CheckStatus.Passed } : { status: CheckStatus.CompileError, reason: NOT_DRAWN };
    return Promise.resolve(Object.fromEntries(mutants.map(({ id }) => [id, drawn(id)])));
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, "sample", SampleChecker)];
