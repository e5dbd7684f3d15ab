complete -c fm-slurm -l help
complete -c fm-slurm -l jobs -x
complete -c fm-slurm -l version
