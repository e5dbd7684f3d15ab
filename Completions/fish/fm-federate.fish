complete -c fm-federate -l allowed-signers -r
complete -c fm-federate -l batch-size -r
complete -c fm-federate -l beta1 -r
complete -c fm-federate -l beta2 -r
complete -c fm-federate -l calibrate
complete -c fm-federate -l codec -r -f -a 'float16 float32'
complete -c fm-federate -l deadline -r
complete -c fm-federate -l decay -r
complete -c fm-federate -l epsilon -r
complete -c fm-federate -l filter -r -f -a 'none gzip zstd'
complete -c fm-federate -l guard -r
complete -c fm-federate -l help
complete -c fm-federate -l hidden -r
complete -c fm-federate -l jobs -r
complete -c fm-federate -l keep -r
complete -c fm-federate -l lambda -r
complete -c fm-federate -l largest-norm -r
complete -c fm-federate -l launcher -r -f -a 'local slurm wait'
complete -c fm-federate -l learning-rate-fam -r
complete -c fm-federate -l learning-rate-mlp -r
complete -c fm-federate -l local-epochs -r
complete -c fm-federate -l malicious -r
complete -c fm-federate -l min-sites -r
complete -c fm-federate -l optimizer -r -f -a 'fedavgm fedadam fedyogi'
complete -c fm-federate -l quiet
complete -c fm-federate -l rounds -r
complete -c fm-federate -l rule -r -f -a 'mean median trimmed-mean krum multi-krum bulyan geometric-median clipped-mean'
complete -c fm-federate -l run -r
complete -c fm-federate -l seed -r
complete -c fm-federate -l server-learning-rate -r
complete -c fm-federate -l sign -r
complete -c fm-federate -l spec -r
complete -c fm-federate -l temperature -r
complete -c fm-federate -l trim -r
complete -c fm-federate -l version
complete -c fm-federate -l weight-decay -r
complete -c fm-federate -l weights -r -f -a 'uniform samples'
