import { z } from "zod";
import { atLeastOne, exactlyOne, has, is, keyRules, where, without } from "./key-rules.ts";
import { CHARGE_KINDS } from "../../ledger/charge-kinds.ts";
import { hasDecimals, haveNames, isOfUsage, usageCondition, weights } from "./allocation-section.ts";
import { dollarAmount } from "./amount-section.ts";
import { date, dated, IN_ORDER, isInOrder } from "./dated-section.ts";

const DOLLARS = /^-?\$?\d{1,10}(?:\.\d{1,9})?$/;
const AMOUNT = 'an amount of US dollars such as 1500 or "$499.50", with up to 9 decimal places; a credit is negative';
const COVERED = 'all, none, amount, or an amount of US dollars above 0 such as 1000 or "$499.50"';
const text = z.string().min(1);
const name = z.string().min(1).max(100).regex(/^(?!(?:directory|default)$)/, "use another name: directory and default mean that no rule decided");
const login = text
  .regex(/^[^\s,*?][^,*?]*$/, "a login or group:name; patterns are not allowed")
  .refine((member) => !/^(?:tag|autogroup):/.test(member), "a login or group:name; a tag is not a person, and only Tailscale can resolve autogroup:");

const person = z.union([login, z.strictObject({ member: login.meta({ description: "Login, or `group:name` of the tailnet policy.", examples: ["bob@example.com"] }), ...dated }).refine(isInOrder, IN_ORDER)]);

const charge = z
  .strictObject({
    name: name.meta({ description: "Unique name, used in the report and in the columns `rule` and `model`.", examples: ["Claude seats"] }),
    kind: z.enum(CHARGE_KINDS).describe("What is paid for. It decides the defaults of `when`, `covers` and `spread`: see [charges](charges.md#kinds)."),
    provider: text.meta({ description: "Provider that charges the money, named as in the column `provider` or on its bill.", examples: ["anthropic"] }),
    amount: dollarAmount(DOLLARS, AMOUNT).optional().meta({ description: "US dollars per month, or once with `on`. A credit is negative.", examples: [1500] }),
    price: dollarAmount(DOLLARS, AMOUNT).optional().meta({ description: "US dollars for each seat, hour or other unit, per month, or once with `on`. Used with `quantity` or `people`, instead of `amount`.", examples: ["$25"] }),
    quantity: z.number().positive().max(1_000_000_000).refine((value) => hasDecimals(value, 3), "at most three decimals").optional().meta({ description: "Number of units paid for. With `people`: number of seats, including unassigned ones.", examples: [40] }),
    people: z.array(person).min(1).optional().meta({ description: "Who has the seats: logins, and groups of the tailnet policy. Each entry may also be `{member, from, until}`.", examples: [["group:payments", "bob@example.com"]] }),
    on: date.optional().meta({ description: "Day of a one-time charge. The full amount belongs to that day's month.", examples: ["2026-10-05"] }),
    when: usageCondition.optional().meta({ description: "Usage that the charge is for: the teams that pay for such usage pay the charge. Every key must match. Other keys are dimensions.", examples: [{ provider: "anthropic", model: "claude-opus-*" }] }),
    covers: z
      .union([z.enum(["all", "none", "amount"]), dollarAmount(/^\$?\d{1,10}(?:\.\d{1,9})?$/, COVERED)], COVERED)
      .optional()
      .meta({ description: "How much of that usage the charge pays for, so that it is not owed again: `all`, `none`, `amount` (as much as the charge itself), or a number of US dollars per month.", examples: ["all"] }),
    spread: z.union([z.enum(["even", "proportional"]), weights]).optional().meta({ description: "How the charge is divided: `even` over the callers, `proportional` to the cost of their usage, or weights of teams such as `{a: 70, b: 30}`. Not with `people`.", examples: ["proportional"] }),
    line: z.union([text, z.array(text).min(1)]).optional().meta({ description: "The lines of the provider's bill that are this charge: names or patterns. Without it: the line that has the charge's name.", examples: ["Claude Team*"] }),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER)
  .refine((one) => (one.amount === undefined) !== (one.price === undefined), "exactly one of amount and price is needed")
  .refine((one) => (one.price === undefined) === (one.quantity === undefined && one.people === undefined), "price needs quantity or people, and amount allows neither")
  .refine((one) => one.people === undefined || one.kind === "seats", "only seats have people")
  .refine((one) => one.people === undefined || one.spread === undefined, "people pay for their own seats: leave out spread")
  .refine((one) => one.on === undefined || (one.from === undefined && one.until === undefined), "a one-time charge has a day, on, and neither from nor until")
  .meta(
    keyRules(
      exactlyOne("amount", "price"),
      where(has("price"), atLeastOne("quantity", "people")),
      where(has("amount"), without("quantity", "people")),
      where(has("people"), is("kind", "seats")),
      where(has("people"), without("spread")),
      where(has("on"), without("from", "until")),
    ),
  );

export const chargesSection = z
  .array(charge)
  .refine(haveNames, "two charges have the same name")
  .default([])
  .describe("What providers charge for besides requests: seats, commitments, provisioned throughput, prepaid credits, tokens bought elsewhere, hours of your own machines. See [charges](charges.md).");

type ChargesSection = z.infer<typeof chargesSection>;

/** Every place below `charges` where a charge names a dimension. */
export function dimensionsOfCharges(charges: ChargesSection): { name: string; path: (string | number)[] }[] {
  return charges.flatMap(({ when }, index) => {
    const names = [...(when?.keys() ?? [])].filter((key) => !isOfUsage(key));
    return names.map((key) => ({ name: key, path: [index, "when", key] }));
  });
}
