import { type CompletedCommand, type CompletedOption, type ValueKind } from "./completion-tree.ts";

/** The words before the cursor are walked once: they say which command is being completed. Works from bash 3.2, the version of macOS, on. */
export function bashScript(name: string, commands: readonly CompletedCommand[]): string {
  const walk = commands.flatMap(({ path, subcommands }) => subcommands.map((one) => `      "${path}:${one.name}") path="${`${path} ${one.name}`.trim()}" ;;`));
  return `# Completion of ${name} for bash; made by: ${name} completion bash
_${functionName(name)}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" skip="" words="" i line
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$path:\${COMP_WORDS[i]}" in
${walk.join("\n")}
      ${withValue(commands).map((option) => `*:${option}`).join("|")}|*:=) skip=1 ;;
    esac
  done
  # bash makes three words of --engine=trino.
  if [[ $cur == "=" ]]; then cur=""; elif [[ $prev == "=" ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$path:$prev" in
${commands.flatMap(({ path, options }) => options.flatMap((option) => valueCase(path, option))).join("\n")}
    *) case "$path" in
${commands.map((command) => `      "${command.path}") words="${offered(command)}" ;;`).join("\n")}
    esac ;;
  esac
  if [[ $words == "<file>" ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
  else
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$words" -- "$cur")
  fi
}
complete -F _${functionName(name)} ${name}
`;
}

export function functionName(program: string): string {
  return program.replaceAll("-", "_");
}

/** Names of all options that a value follows. No option takes a value in one command and none in another. */
export function withValue(commands: readonly CompletedCommand[]): string[] {
  return [...new Set(commands.flatMap(({ options }) => options.flatMap(({ name, value }) => (value.kind === "none" ? [] : [name]))))].toSorted();
}

function valueCase(path: string, { name, value }: CompletedOption): string[] {
  return value.kind === "none" ? [] : [`    "${path}:${name}") words="${valueWords(value)}" ;;`];
}

function valueWords(value: ValueKind): string {
  if (value.kind === "words") return value.words.join(" ");
  return value.kind === "file" ? "<file>" : "";
}

function offered({ subcommands, words, options }: CompletedCommand): string {
  return [...subcommands.map(({ name }) => name), ...words, ...options.map(({ name }) => name)].join(" ");
}
