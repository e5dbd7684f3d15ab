complete -c fm-federate -l allow-precision-mix
complete -c fm-federate -l allowed-signers -r -F
complete -c fm-federate -l base -x -a 'fedmedclip linear'
complete -c fm-federate -l batch-size -x
complete -c fm-federate -l beta1 -x
complete -c fm-federate -l beta2 -x
complete -c fm-federate -l budget -x
complete -c fm-federate -l calibrate
complete -c fm-federate -l classifier -x -a 'mlp none'
complete -c fm-federate -l codec -x -a 'float16 float32'
complete -c fm-federate -l columns -x
complete -c fm-federate -l config -r -F
complete -c fm-federate -l contrast -x -a 'batch classes'
complete -c fm-federate -l deadline -x
complete -c fm-federate -l decay -x
complete -c fm-federate -l delta -x
complete -c fm-federate -l dp -x
complete -c fm-federate -l dp-clip -x
complete -c fm-federate -l dp-rounds -x
complete -c fm-federate -l dp-samples -x
complete -c fm-federate -l dp-unit -x -a 'sample patient'
complete -c fm-federate -l epsilon -x
complete -c fm-federate -l exchange -r -F
complete -c fm-federate -l filter -x -a 'none gzip zstd'
complete -c fm-federate -l format -x -a 'tsv csv json jsonl'
complete -c fm-federate -l guard -x
complete -c fm-federate -l head -x -a 'auto lda ridge nb'
complete -c fm-federate -l help
complete -c fm-federate -l hidden -x
complete -c fm-federate -l inputs -x -a 'unit raw'
complete -c fm-federate -l jobs -x
complete -c fm-federate -l keep -x
complete -c fm-federate -l keep-statistics
complete -c fm-federate -l lambda -x
complete -c fm-federate -l largest-norm -x
complete -c fm-federate -l launcher -x -a 'local slurm wait'
complete -c fm-federate -l learning-rate -x
complete -c fm-federate -l learning-rate-fam -x
complete -c fm-federate -l learning-rate-mlp -x
complete -c fm-federate -l ledger -x
complete -c fm-federate -l local-epochs -x
complete -c fm-federate -l local-optimizer -x -a 'adamw adam sgd'
complete -c fm-federate -l malicious -x
complete -c fm-federate -l masks -x -a 'learned none'
complete -c fm-federate -l method -x -a 'fedmedclip linear fedprox local zero-shot gaussian local-linear'
complete -c fm-federate -l min-count -x
complete -c fm-federate -l min-samples -x
complete -c fm-federate -l min-sites -x
complete -c fm-federate -l mixture -x -a 'entropy even'
complete -c fm-federate -l momentum -x
complete -c fm-federate -l mu -x
complete -c fm-federate -l optimizer -x -a 'fedavgm fedadam fedyogi'
complete -c fm-federate -l patient -x
complete -c fm-federate -l print-config
complete -c fm-federate -l quiet
complete -c fm-federate -l residual -x -a 'linear mlp'
complete -c fm-federate -l rounds -x
complete -c fm-federate -l rule -x -a 'mean median trimmed-mean krum multi-krum bulyan geometric-median clipped-mean'
complete -c fm-federate -l run -r -F
complete -c fm-federate -l secure -x
complete -c fm-federate -l seed -x
complete -c fm-federate -l server-learning-rate -x
complete -c fm-federate -l shrinkage -x
complete -c fm-federate -l sign -r -F
complete -c fm-federate -l spec -r -F
complete -c fm-federate -l start -x -a 'texts zeros'
complete -c fm-federate -l status -r -F
complete -c fm-federate -l temperature -x
complete -c fm-federate -l text -r -F
complete -c fm-federate -l trim -x
complete -c fm-federate -l version
complete -c fm-federate -l weight-decay -x
complete -c fm-federate -l weights -x -a 'uniform samples'
