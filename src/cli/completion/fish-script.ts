import { functionName, withValue } from "./bash-script.ts";
import type { CompletedCommand, CompletedOption } from "./completion-tree.ts";

/** One line for each word that can be offered, with the command that it belongs to as its condition. */
export function fishScript(name: string, commands: readonly CompletedCommand[]): string {
  const calls = `__${functionName(name)}_calls`;
  const walk = commands.flatMap(({ path, subcommands }) => subcommands.map((one) => `      case ${quote(`${path}:${one.name}`)}\n        set called ${quote(`${path} ${one.name}`.trim())}`));
  const lines = commands.flatMap(({ path, subcommands, words, options }) => {
    const begin = `complete -c ${name} -n ${quote(`${calls} ${quote(path)}`)}`;
    return [
      ...subcommands.map((one) => `${begin} -a ${one.name} -d ${quote(one.description)}`),
      ...words.map((word) => `${begin} -a ${word}`),
      ...options.map((option) => `${begin} -l ${option.name.slice(2)} -d ${quote(option.description)}${valueFlags(option)}`),
    ];
  });
  return `# Completion of ${name} for fish; made by: ${name} completion fish
function ${calls}
  set -l called ""
  set -l skip ""
  for word in (commandline -opc)[2..-1]
    if test -n "$skip"
      set skip ""
      continue
    end
    switch "$called:$word"
${walk.join("\n")}
      case ${withValue(commands).map((option) => quote(`*:${option}`)).join(" ")}
        set skip 1
    end
  end
  test "$called" = "$argv[1]"
end
complete -c ${name} -f
${lines.join("\n")}
`;
}

function valueFlags({ value }: CompletedOption): string {
  if (value.kind === "none") return "";
  if (value.kind === "file") return " -r -F";
  return value.kind === "words" ? ` -x -a ${quote(value.words.join(" "))}` : " -x";
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
}
