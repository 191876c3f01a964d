import { functionName, withValue } from "./bash-script.ts";
import type { CompletedCommand, CompletedOption } from "./completion-tree.ts";

/** For a file of `fpath`, or to be sourced. */
export function zshScript(name: string, commands: readonly CompletedCommand[]): string {
  const walk = commands.flatMap(({ path, subcommands }) => subcommands.map((one) => `      ${quote(`${path}:${one.name}`)}) called=${quote(`${path} ${one.name}`.trim())} ;;`));
  return `#compdef ${name}
# Completion of ${name} for zsh; made by: ${name} completion zsh
_${functionName(name)}() {
  # The variable path is zsh's own.
  local called="" skip="" before="" i
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$called:\${words[i]}" in
${walk.join("\n")}
      ${withValue(commands).map((option) => `*:${option}`).join("|")}) skip=1 ;;
    esac
  done
  before="\${words[CURRENT-1]}"
  if [[ \${words[CURRENT]} == --*=* ]]; then before="\${words[CURRENT]%%=*}"; compset -P '*='; fi
  case "$called:$before" in
${commands.flatMap(({ path, options }) => options.flatMap((option) => valueCase(path, option))).join("\n")}
  esac
  case "$called" in
${commands.map((command) => `    ${quote(command.path)}) offered=(${offered(command).join(" ")}) ;;`).join("\n")}
  esac
  _describe ${name} offered
}
if [[ "\${funcstack[1]}" == "_${functionName(name)}" ]]; then _${functionName(name)} "$@"; else compdef _${functionName(name)} ${name}; fi
`;
}

function valueCase(path: string, { name, value }: CompletedOption): string[] {
  const begin = `    ${quote(`${path}:${name}`)})`;
  if (value.kind === "none") return [];
  if (value.kind === "file") return [`${begin} _files; return ;;`];
  return value.kind === "words" ? [`${begin} compadd -- ${value.words.join(" ")}; return ;;`] : [`${begin} return ;;`];
}

/** In `_describe`, a colon ends the word. */
function offered({ subcommands, words, options }: CompletedCommand): string[] {
  return [...subcommands, ...words.map((word) => ({ name: word, description: "" })), ...options].map(({ name, description }) => quote(`${name}:${description}`));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
