complete -c fm-slurm -l help
complete -c fm-slurm -l jobs -r
