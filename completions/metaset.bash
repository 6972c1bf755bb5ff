# Completion of metaset(1), metaset-serve(8) and metaset-publish(8) for bash. All that can be completed
# is read from --help-all, so it is what the program on this machine takes.

# "NAME TYPE" for each spelling of the options of a command.
_metaset_options() {
  "${COMP_WORDS[0]}" "$@" --help-all 2>/dev/null | awk '/^  -/ {
    line = substr($0, 3)
    end = index(line, "  ")
    count = split(end ? substr(line, 1, end - 1) : line, words, " ")
    spellings = split(words[1], names, ",")
    for (i = 1; i <= spellings; i++) print names[i], (count > 1 ? words[2] : "")
  }'
}

# The words of all commands that can be run: "stage list".
_metaset_commands() {
  "${COMP_WORDS[0]}" --help-all 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\( [a-z]\{1,\}\)\{0,1\}\)\(  .*\)\{0,1\}$/\1/p'
}

# Asks the repository that the command line names.
_metaset_ask() {
  local index
  local -a named=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case ${COMP_WORDS[index]} in
      -d | --repository) named=(-d "${COMP_WORDS[index + 1]}") ;;
      -s) [ "${COMP_WORDS[1]}" = publish ] && named=(-d "${COMP_WORDS[index + 1]}") ;;
    esac
  done
  "${COMP_WORDS[0]}" "$@" "${named[@]}" 2>/dev/null
}

# What an option or an argument takes, by the name that --help-all gives it.
_metaset_values() {
  case $1 in
    DIRECTORY | directory | source) compgen -d -- "$2" ;;
    FILE | PATH | SOCKET | file | manifest | arguments) compgen -f -- "$2" ;;
    AREA | area) compgen -W "$(_metaset_ask stage list | awk '{ print $1 }')" -- "$2" ;;
    METASET | metaset | from | to) compgen -W "$(_metaset_ask tag | awk '{ print $1 }')" -- "$2" ;;
    PUBLISHER) compgen -W "$(_metaset_ask get -H -p all publisher/prefix | awk '{ print $1 }')" -- "$2" ;;
    *\|*) compgen -W "${1//|/ }" -- "$2" ;;
  esac
}

_metaset() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} depth=1 type line commands
  # Of --option=value bash makes three words.
  [ "$current" = = ] && current=''
  [ "$previous" = = ] && previous=${COMP_WORDS[COMP_CWORD - 2]}
  commands=$(_metaset_commands)
  [ -n "$commands" ] || depth=0
  if ((depth && COMP_CWORD > 1)) && grep -q -- "^${COMP_WORDS[1]} " <<<"$commands"; then depth=2; fi
  compopt -o filenames 2>/dev/null
  if ((COMP_CWORD <= depth)) && [[ $current != -* ]]; then
    local prefix=''
    ((COMP_CWORD == 2)) && prefix="${COMP_WORDS[1]} "
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n "s/^$prefix\([a-z]*\).*/\1/p" <<<"$commands" | sort -u)" -- "$current")
    return
  fi
  local -a command=("${COMP_WORDS[@]:1:depth}")
  ((COMP_CWORD <= depth)) && command=("${COMP_WORDS[@]:1:COMP_CWORD - 1}")
  local options
  options=$(_metaset_options "${command[@]}")
  type=$(awk -v name="$previous" '$1 == name { print $2 }' <<<"$options")
  if [ -n "$type" ]; then
    mapfile -t COMPREPLY < <(_metaset_values "$type" "$current")
  elif [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(awk '{ print $1 }' <<<"$options")" -- "$current")
  else
    # The first argument stands for all of them.
    line=$("${COMP_WORDS[0]}" "${command[@]}" --help-all 2>/dev/null | sed -n '/^Arguments:/{n;p;}')
    read -r type _ <<<"$line"
    mapfile -t COMPREPLY < <(_metaset_values "$type" "$current")
  fi
}

complete -F _metaset metaset metaset-serve metaset-publish
