#include "completion.h"

#include <vector>

namespace ovaport::cli {

namespace {

std::string words_of(const CLI::App& command) {
  std::string words;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames())
      words += "--" + name + " ";
    for (const std::string& name : option->get_snames())
      words += "-" + name + " ";
  }
  for (const CLI::App* child : command.get_subcommands([](const CLI::App*) { return true; }))
    if (!child->get_group().empty()) words += child->get_name() + " ";
  return words;
}

// One case arm a command: "import) words=…" or "guest:inspect) words=…".
void add_arms(const CLI::App& command, const std::string& path, std::string& script) {
  script += "    '" + path + "') words='" + words_of(command) + "' ;;\n";
  for (const CLI::App* child : command.get_subcommands([](const CLI::App*) { return true; }))
    if (!child->get_group().empty())
      add_arms(*child, path.empty() ? child->get_name() : path + ":" + child->get_name(), script);
}

}  // namespace

std::string bash_completion(const CLI::App& parser) {
  std::string arms;
  add_arms(parser, "", arms);
  return R"(# bash completion for ovaport
_ovaport() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words path='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      -*) ;;
      inspect|import|properties|schema|guest|completion|convert|inject)
        [[ $path == import || $path == inspect ]] || path=${path:+$path:}${COMP_WORDS[i]} ;;
    esac
  done
  case $previous in
    --guest) [[ $path == import ]] && { COMPREPLY=($(compgen -W 'convert inject none' -- "$current")); return; } ;;
    --guest-env-mode) COMPREPLY=($(compgen -W 'any root' -- "$current")); return ;;
    --bus) COMPREPLY=($(compgen -W 'scsi sata ide nvme' -- "$current")); return ;;
    --out) COMPREPLY=($(compgen -d -- "$current")); compopt -o filenames; return ;;
  esac
  case $path in
)" + arms +
         R"(    *) words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ $current != -* && -n $path ]]; then
    COMPREPLY+=($(compgen -f -- "$current"))
    compopt -o filenames
  fi
}
complete -F _ovaport ovaport
)";
}

}  // namespace ovaport::cli
