complete -c fm-site -l allowed-signers -r
complete -c fm-site -l codec -r -f -a 'float16 float32'
complete -c fm-site -l features -r
complete -c fm-site -l filter -r -f -a 'none gzip zstd'
complete -c fm-site -l help
complete -c fm-site -l log -r
complete -c fm-site -l quiet
complete -c fm-site -l report -r
complete -c fm-site -l sign -r
complete -c fm-site -l signer -r
complete -c fm-site -l state -r
complete -c fm-site -l test -r
complete -c fm-site -l threads -r
complete -c fm-site -l update -r
complete -c fm-site -l version
