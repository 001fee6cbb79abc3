_datamotion_completion() {
    local IFS=$'
'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" \
                   COMP_CWORD=$COMP_CWORD \
                   _DATAMOTION_COMPLETE=complete_bash $1 ) )
    return 0
}

complete -o default -F _datamotion_completion datamotion
