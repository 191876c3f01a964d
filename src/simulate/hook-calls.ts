import type { SimulatedRecord } from "./simulated-record.ts";

const PROMPT = "an invented prompt that no receiver should keep";

/** A call of a hook, as the gateway would make it. */
export interface HookCall {
  event: "pre_request" | "entire_request" | "tool_call_entire_request";
  body: string;
}

/** The calls of hooks for a request, in order. The capture id is used as the request id; Aperture does not document the request id. */
export function* hookCalls({ captureId, sessionId, identity, model, estimatedCost, usage, requestHeaders, toolUse }: SimulatedRecord): Generator<HookCall> {
  const metadata = {
    login_name: identity.login,
    user_agent: requestHeaders.find(([name]) => name === "User-Agent")?.[1] ?? "",
    url: `http://ai${model.path}`,
    model: model.name,
    provider: model.provider,
    tailnet_name: "acme.example",
    stable_node_id: identity.node,
    request_id: captureId,
    session_id: sessionId,
  };
  yield { event: "pre_request", body: JSON.stringify({ metadata, user_message: PROMPT }) };
  const finished = { ...metadata, ...(estimatedCost === undefined ? {} : { estimated_cost: { dollars: estimatedCost.dollars, cost_basis: estimatedCost.costBasis, usage } }) };
  yield { event: "entire_request", body: JSON.stringify({ metadata: finished }) };
  if (toolUse.length > 0) yield { event: "tool_call_entire_request", body: JSON.stringify({ metadata: finished, tool_calls: toolUse.map(({ name, command }) => ({ name, params: { command } })) }) };
}
