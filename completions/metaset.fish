# Completion of metaset(1), metaset-serve(8) and metaset-publish(8) for fish. All that can be completed
# is read from --help-all, so it is what the program on this machine takes.

# "NAME,NAME<tab>TYPE<tab>DESCRIPTION" for each option of a command.
function __metaset_options
    $argv --help-all 2>/dev/null | awk '
        function put() { if (head != "") print head "\t" text }
        /^  -/ {
            put()
            line = substr($0, 3)
            end = index(line, "  ")
            text = end ? substr(line, end) : ""
            sub(/^ +/, "", text)
            count = split(end ? substr(line, 1, end - 1) : line, words, " ")
            head = words[1] "\t" (count > 1 ? words[2] : "")
            next
        }
        /^          / { if (head != "") { sub(/^ +/, ""); text = text (text == "" ? "" : " ") $0 }; next }
        { put(); head = "" }
        END { put() }'
end

# "COMMAND<tab>what it does" of those below a command, or of all.
function __metaset_commands -a program above
    $program --help-all 2>/dev/null | awk -v above="$above" '
        /^  [a-z]/ {
            line = substr($0, 3)
            end = index(line, "  ")
            text = end ? substr(line, end) : ""
            sub(/^ +/, "", text)
            count = split(end ? substr(line, 1, end - 1) : line, words, " ")
            if (above != "" && words[1] == above && count > 1) print words[2] "\t" text
            if (above == "" && !(words[1] in seen)) print words[1] (count > 1 ? "" : "\t" text)
            seen[words[1]]
        }'
end

# Asks the repository that the command line names.
function __metaset_ask
    set -l words (commandline -opc)
    set -l named
    for index in (seq (count $words))
        if contains -- $words[$index] -d --repository
            set named -d $words[(math $index + 1)]
        end
    end
    $words[1] $argv $named 2>/dev/null
end

# What an option or an argument takes, by the name that --help-all gives it.
function __metaset_values -a type current
    switch $type
        case DIRECTORY directory source
            __fish_complete_directories $current ''
        case FILE PATH SOCKET file manifest arguments
            __fish_complete_path $current
        case AREA area
            __metaset_ask stage list | awk '{ print $1 }'
        case METASET metaset from to
            __metaset_ask tag | awk '{ print $1 }'
        case PUBLISHER
            __metaset_ask get -H -p all publisher/prefix | awk '{ print $1 }'
        case '*|*'
            string split '|' $type
    end
end

function __metaset_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l depth 2
    if not count (__metaset_commands $words[1]) >/dev/null
        set depth 1
    else if test (count $words) -gt 1; and count (__metaset_commands $words[1] $words[2]) >/dev/null
        set depth 3
    end
    if test (count $words) -lt $depth; and not string match -q -- '-*' $current
        __metaset_commands $words
        return
    end
    set -l last (math min $depth, (count $words))
    set -l command $words[1..$last]
    set -l spellings
    for line in (__metaset_options $command)
        set -l fields (string split \t -- $line)
        set -l names (string split , -- $fields[1])
        if contains -- $words[-1] $names; and test -n "$fields[2]"
            __metaset_values $fields[2] $current
            return
        end
        for name in $names
            set -a spellings "$name"\t"$fields[3]"
        end
    end
    if string match -q -- '-*' $current
        printf '%s\n' $spellings
        return
    end
    # The first argument stands for all of them.
    set -l argument ($command --help-all 2>/dev/null | sed -n '/^Arguments:/{n;p;}' | awk '{ print $1 }')
    __metaset_values "$argument" $current
end

for program in metaset metaset-serve metaset-publish
    complete -c $program -f -a '(__metaset_complete)'
end
