# Completion of recoctl's commands and options, from its own help.

_recoctl() {
    local word=${COMP_WORDS[COMP_CWORD]}

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ] || [ "${COMP_WORDS[1]}" = help ]; then
        mapfile -t COMPREPLY < <(compgen -W \
            "help $(recoctl help | sed -n 's/^  \([a-z-]*\) .*/\1/p')" -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W \
            "$(recoctl help "${COMP_WORDS[1]}" 2>/dev/null \
                | grep -o -e '--[a-z][a-z-]*')" -- "$word")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}

complete -F _recoctl recoctl
