import { isApiKey, isCredential } from "./credential.ts";

/** Replaces a credential that a client wrote into a URL. */
const MASK = "[masked]";
/** Parameters that hold a credential, or a signature, in lower case and without `-` and `_`. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  "key", "apikey", "xapikey", "xgoogapikey", "subscriptionkey", "accesskey", "awsaccesskeyid",
  "token", "accesstoken", "authtoken", "idtoken", "refreshtoken", "authorization", "secret", "clientsecret", "password",
  "sig", "signature", "xamzsignature", "xamzcredential", "xamzsecuritytoken", "xgoogsignature", "xgoogcredential",
]);
/** A parameter of a query or a fragment: its name, and its value. */
const PARAMETER = /([?&;#])([^=?&;#]*)=([^&;#]*)/g;

export interface MaskedPath {
  path: string;
  /** Whether one of the masked values has the form of an API key. */
  hasApiKey: boolean;
}

/** A path with the credentials in its parameters masked; the rest is unchanged. */
export function maskPath(path: string): MaskedPath {
  let hasApiKey = false;
  if (!path.includes("=")) return { path, hasApiKey };
  const masked = path.replace(PARAMETER, (parameter, mark: string, name: string, written: string) => {
    const value = decode(written).trim().replace(SCHEME, "");
    if (value === "" || !(isCredential(value) || SECRET_PARAMETERS.has(decode(name).toLowerCase().replace(/[-_]/g, "")))) return parameter;
    hasApiKey ||= isApiKey(value);
    return `${mark}${name}=${MASK}`;
  });
  return { path: masked, hasApiKey };
}

const SCHEME = /^bearer\s+/i;

/** A parameter as a server decodes it; unchanged where its encoding is invalid. */
function decode(written: string): string {
  if (!/[%+]/.test(written)) return written;
  try {
    return decodeURIComponent(written.replaceAll("+", " "));
  } catch {
    return written;
  }
}
