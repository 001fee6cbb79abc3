#compdef datamotion

_datamotion_completion() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _DATAMOTION_COMPLETE=complete_zsh datamotion)
}

compdef _datamotion_completion datamotion
