complete -c fm-site -l allowed-signers -r -F
complete -c fm-site -l budget -x
complete -c fm-site -l calibrate -r -F
complete -c fm-site -l codec -x -a 'float16 float32'
complete -c fm-site -l delivery -x
complete -c fm-site -l features -r -F
complete -c fm-site -l filter -x -a 'none gzip zstd'
complete -c fm-site -l help
complete -c fm-site -l ledger -x
complete -c fm-site -l log -r -F
complete -c fm-site -l min-count -x
complete -c fm-site -l min-samples -x
complete -c fm-site -l patient -x
complete -c fm-site -l quiet
complete -c fm-site -l report -r -F
complete -c fm-site -l secrets -x
complete -c fm-site -l sharers -x
complete -c fm-site -l sign -r -F
complete -c fm-site -l signer -x
complete -c fm-site -l state -r -F
complete -c fm-site -l test -r -F
complete -c fm-site -l threads -x
complete -c fm-site -l update -r -F
complete -c fm-site -l version
complete -c fm-site -l weights -x -a 'uniform samples'
