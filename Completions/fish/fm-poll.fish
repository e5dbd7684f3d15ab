complete -c fm-poll -l allowed-signers -r -F
complete -c fm-poll -l budget -x
complete -c fm-poll -l features -r -F
complete -c fm-poll -l help
complete -c fm-poll -l ledger -x
complete -c fm-poll -l min-count -x
complete -c fm-poll -l min-samples -x
complete -c fm-poll -l min-sites -x
complete -c fm-poll -l patient -x
complete -c fm-poll -l quiet
complete -c fm-poll -l secure -x
complete -c fm-poll -l server -r -F
complete -c fm-poll -l sign -r -F
complete -c fm-poll -l signer -x
complete -c fm-poll -l state -r -F
complete -c fm-poll -l threads -x
complete -c fm-poll -l transport -x -a 'rsync sftp'
complete -c fm-poll -l version
