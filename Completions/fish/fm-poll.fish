complete -c fm-poll -l allowed-signers -r
complete -c fm-poll -l features -r
complete -c fm-poll -l help
complete -c fm-poll -l name -r
complete -c fm-poll -l quiet
complete -c fm-poll -l server -r
complete -c fm-poll -l sign -r
complete -c fm-poll -l signer -r
complete -c fm-poll -l state -r
complete -c fm-poll -l threads -r
complete -c fm-poll -l version
