import { LedgerError, messageOf, showUrl } from "../errors.ts";
import { fetchText, holdsCredentials } from "../fetch-text.ts";

/** Text of the tailnet policy file at `file://…`, a path or `http(s)://…`. */
export async function fetchPolicy(url: string): Promise<string> {
  if (holdsCredentials(url)) {
    throw new LedgerError("config_invalid", `credentials do not belong in directory.policy: ${showUrl(url)}`, {
      remedy: "fetch the policy beforehand and give its path",
    });
  }
  try {
    return await fetchText(url);
  } catch (cause) {
    throw new LedgerError("config_unreadable", `the tailnet policy ${showUrl(url)} cannot be read: ${messageOf(cause)}`, {
      remedy: "check directory.policy, or name logins instead of groups in http.allow",
      retryable: true,
      cause,
    });
  }
}
