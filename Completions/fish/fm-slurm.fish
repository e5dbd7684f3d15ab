complete -c fm-slurm -l help
complete -c fm-slurm -l jobs -r
complete -c fm-slurm -l version
