function __fm-aggregate_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-aggregate_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __fm-aggregate_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-aggregate_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __fm-aggregate_parse_tokens -S
    set -l unparsed_tokens (__fm-aggregate_tokens -pc)
    switch $unparsed_tokens[1]
    case 'fm-aggregate'
        set -l count -r 1
        contains -- "$unparsed_tokens[2]" calibrate receive next status list help; and set count 0
        __fm-aggregate_parse_subcommand $count 'init' 'like=' 'spec=' 'text=' 'method=' 'seed=' 'batch-size=' 'local-epochs=' 'learning-rate-fam=' 'learning-rate-mlp=' 'decay=' 'beta1=' 'beta2=' 'epsilon=' 'weight-decay=' 'lambda=' 'temperature=' 'hidden=' 'contrast=' 'classifier=' 'masks=' 'mixture=' 'learning-rate=' 'start=' 'inputs=' 'local-optimizer=' 'momentum=' 'base=' 'mu=' 'head=' 'shrinkage=' 'residual=' 'partial=' 'keep-statistics' 'add=+' 'remove=+' 'weights=' 'rule=' 'malicious=' 'keep=' 'trim=' 'largest-norm=' 'guard=' 'model=' 'optimizer=' 'server-learning-rate=' 'server-state=' 'server-state-out=' 'allowed-signers=' 'audit=' 'min-updates=' 'best-round=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'calibrate'
            __fm-aggregate_parse_subcommand -r 1 'model=' 'allowed-signers=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'receive'
            __fm-aggregate_parse_subcommand -r 2 'model=' 'exchange=' 'into=' 'refused=' 'suffix=' 'sites=' 'log=' 'allowed-signers=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'next'
            __fm-aggregate_parse_subcommand 1 'rounds=' 'min-sites=' 'rounds-out=' 'losses-out=' 'traffic-out=' 'allowed-signers=' 'format=' 'columns=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'status'
            __fm-aggregate_parse_subcommand 1 'format=' 'columns=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'list'
            __fm-aggregate_parse_subcommand 1 'format=' 'columns=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'help'
            __fm-aggregate_parse_subcommand -r 1 'version'
        end
    end
end

function __fm-aggregate_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __fm-aggregate_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __fm-aggregate_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __fm-aggregate_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__fm-aggregate_tokens -p)
    if test -z "$(__fm-aggregate_tokens -t)"
        set -l index (count (__fm-aggregate_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'fm-aggregate' -f
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" init' -l 'init' -d 'Make the first global model of a run.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" like' -l 'like' -d 'Take classes and encoder from a feature archive.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" spec' -l 'spec' -d 'Take classes and encoder from JSON, such as a feature archive\'s manifest.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" text' -l 'text' -d 'With --spec: the class texts\' features, as fm-extract writes them (text.npy).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" method' -l 'method' -d 'The run\'s method: fedmedclip, linear, fedprox, local, zero-shot, gaussian, local-linear (fedmedclip).' -rfka 'fedmedclip linear fedprox local zero-shot gaussian local-linear'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" seed' -l 'seed' -d 'Decides every random number of the run (0).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" batch-size' -l 'batch-size' -d 'Samples in a batch (32).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" local-epochs' -l 'local-epochs' -d 'Epochs at a site in each round (1).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" learning-rate-fam' -l 'learning-rate-fam' -d 'Of fedmedclip: learning rate of the shared module (0.0005).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" learning-rate-mlp' -l 'learning-rate-mlp' -d 'Of fedmedclip: learning rate of the private classifier (0.0001).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" decay' -l 'decay' -d 'Factor of the learning rates from one round to the next (0.97).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" beta1' -l 'beta1' -d 'Decay rate of Adam\'s first moment (0.9).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" beta2' -l 'beta2' -d 'Decay rate of Adam\'s second moment (0.98).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" epsilon' -l 'epsilon' -d 'Adam\'s epsilon (1e-06).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" weight-decay' -l 'weight-decay' -d 'Weight decay (0.02).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" lambda' -l 'lambda' -d 'Of fedmedclip: weight of the mutual distillation (0.04).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" temperature' -l 'temperature' -d 'Of fedmedclip: temperature of the mutual distillation (2).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" hidden' -l 'hidden' -d 'Of fedmedclip: width of the private classifier (512).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" contrast' -l 'contrast' -d 'Of fedmedclip: contrast images with the texts of the batch\'s labels, as the paper does, or of all classes (batch).' -rfka 'batch classes'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" classifier' -l 'classifier' -d 'Of fedmedclip: private classifier (mlp).' -rfka 'mlp none'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" masks' -l 'masks' -d 'Of fedmedclip: masks of the layers\' rows (learned).' -rfka 'learned none'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" mixture' -l 'mixture' -d 'Of fedmedclip: weights of the two predictors in the ensemble: by their entropies, or even (entropy).' -rfka 'entropy even'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" learning-rate' -l 'learning-rate' -d 'Of linear: learning rate of the head (0.005).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" start' -l 'start' -d 'Of linear: first weights of the head (texts).' -rfka 'texts zeros'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" inputs' -l 'inputs' -d 'Of linear: features scaled to unit norm, or as they are (unit).' -rfka 'unit raw'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" local-optimizer' -l 'local-optimizer' -d 'Of linear: optimizer at the sites (adamw).' -rfka 'adamw adam sgd'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" momentum' -l 'momentum' -d 'Of linear: momentum of sgd (0).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" base' -l 'base' -d 'Of fedprox, local: the method that is wrapped (linear).' -rfka 'fedmedclip linear'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" mu' -l 'mu' -d 'Of fedprox: weight of the proximal term (0.01).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" head' -l 'head' -d 'Of gaussian: linear discriminants, ridge regression or naive Bayes (lda).' -rfka 'lda ridge nb'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" shrinkage' -l 'shrinkage' -d 'Of gaussian: share of the identity in the covariance of lda and nb (0.2).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" residual' -l 'residual' -d 'Of gaussian: shape of the private residual: linear, or a small network (mlp) (linear).' -rfka 'linear mlp'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" partial' -l 'partial' -d 'Sum the updates into one, of the region or country NAME, that is aggregated like a site\'s.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" keep-statistics' -l 'keep-statistics' -d 'Keep the total of the statistics in the model. Of two sites it tells each the other\'s.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate"' -l 'add' -d 'Add an update to a MODEL that keeps its statistics; may be repeated.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate"' -l 'remove' -d 'Remove an update from a MODEL that keeps its statistics, as if its site had never taken part; may be repeated.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" weights' -l 'weights' -d 'How much each update counts: uniform or samples (uniform).' -rfka 'uniform samples'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" rule' -l 'rule' -d 'How one is made of them: mean, median, trimmed-mean, krum, multi-krum, bulyan, geometric-median, clipped-mean (mean).' -rfka 'mean median trimmed-mean krum multi-krum bulyan geometric-median clipped-mean'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" malicious' -l 'malicious' -d 'Of krum, multi-krum and bulyan: how many updates may be malicious (1).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" keep' -l 'keep' -d 'Of multi-krum: how many updates it keeps (all but the malicious ones).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" trim' -l 'trim' -d 'Of trimmed-mean: the share that is left out at each end (0.2).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" largest-norm' -l 'largest-norm' -d 'Of clipped-mean: the largest norm of an update\'s difference (the median of the norms).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" guard' -l 'guard' -d 'Leave out updates that are broken, do not belong, or are so many times as far from the others as the middle one.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" model' -l 'model' -d 'The global model that the updates must have started from.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" optimizer' -l 'optimizer' -d 'What the server makes of their difference from the model: fedavgm, fedadam, fedyogi.' -rfka 'fedavgm fedadam fedyogi'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" server-learning-rate' -l 'server-learning-rate' -d 'Of the optimizer (1 of fedavgm, 0.001 of the others).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" server-state' -l 'server-state' -d 'What the optimizer remembered with the model; without it, nothing.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" server-state-out' -l 'server-state-out' -d 'Where to write what it remembers now.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" allowed-signers' -l 'allowed-signers' -d 'Take only what is signed by whom it is from, by ssh-keygen\'s file of allowed signers.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" audit' -l 'audit' -d 'Write which files were taken or left out, and why, tab-separated.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" min-updates' -l 'min-updates' -d 'Fewer updates are too few: exit with 75 (1).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" best-round' -l 'best-round' -d 'The best round by validation so far, for the sites to know.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" o output' -l 'output' -s 'o' -d 'Where to write.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" q quiet' -l 'quiet' -s 'q' -d 'Say nothing but errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" v verbose' -l 'verbose' -s 'v' -d 'Say more.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -ge 1' -F
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'calibrate' -d 'Fit the temperature of a finished model to the sites\' validation reports.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'receive' -d 'Take the sites\' answers from an exchange, verified.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'next' -d 'Tell what a run of fm-federate does next, and who is missing.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'status' -d 'Print the status of a run of fm-federate.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'list' -d 'List methods, their parameters, rules, optimizers, weights or codecs.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" model' -l 'model' -d 'The model that the reports are on.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" allowed-signers' -l 'allowed-signers' -d 'Take only what is signed by whom it is from, by ssh-keygen\'s file of allowed signers.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" o output' -l 'output' -s 'o' -d 'Where to write.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" q quiet' -l 'quiet' -s 'q' -d 'Say nothing but errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" v verbose' -l 'verbose' -s 'v' -d 'Say more.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate calibrate" -ge 1' -F
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" model' -l 'model' -d 'The model that the sites were asked about.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" exchange' -l 'exchange' -d 'The folder with a folder for each site.' -rfa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" into' -l 'into' -d 'Where valid answers go.' -rfa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" refused' -l 'refused' -d 'Where other answers go.' -rfa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" suffix' -l 'suffix' -d 'How the answers\' names end, such as .tar.gz (.tar).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" sites' -l 'sites' -d 'Remember in this table which site belongs to which folder, from its first answer on.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" log' -l 'log' -d 'Append a line for each answer to this table.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" allowed-signers' -l 'allowed-signers' -d 'Take only what is signed by whom it is from, by ssh-keygen\'s file of allowed signers.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" q quiet' -l 'quiet' -s 'q' -d 'Say nothing but errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" v verbose' -l 'verbose' -s 'v' -d 'Say more.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate receive" -eq 1' -fka 'update report test'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" rounds' -l 'rounds' -d 'How many rounds the run is to have.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" min-sites' -l 'min-sites' -d 'Tell the best round too; one with fewer reports than that does not compete.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" rounds-out' -l 'rounds-out' -d 'With --min-sites: write a table of the validated rounds, with the sites that answered and those that missed.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" losses-out' -l 'losses-out' -d 'Write a table of the training losses in the run\'s logs, if there are any: site, round, epoch, each loss by its name.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" traffic-out' -l 'traffic-out' -d 'Write a table of the bytes that each site received and sent, by round.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" allowed-signers' -l 'allowed-signers' -d 'Take only what is signed by whom it is from, by ssh-keygen\'s file of allowed signers.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" format' -l 'format' -d 'Format of the table: tsv, csv, json or jsonl (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" columns' -l 'columns' -d 'Print only these columns, in this order, such as site,accuracy.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" q quiet' -l 'quiet' -s 'q' -d 'Say nothing but errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" v verbose' -l 'verbose' -s 'v' -d 'Say more.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate next" -eq 1' -fa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" format' -l 'format' -d 'Format of the table: tsv, csv, json or jsonl (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" columns' -l 'columns' -d 'Print only these columns, in this order, such as site,accuracy.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" q quiet' -l 'quiet' -s 'q' -d 'Say nothing but errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" v verbose' -l 'verbose' -s 'v' -d 'Say more.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate status" -eq 1' -fa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" format' -l 'format' -d 'Format of the table: tsv, csv, json or jsonl (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" columns' -l 'columns' -d 'Print only these columns, in this order, such as site,accuracy.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" q quiet' -l 'quiet' -s 'q' -d 'Say nothing but errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" v verbose' -l 'verbose' -s 'v' -d 'Say more.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate list" -eq 1' -fka 'methods parameters rules optimizers weights codecs'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate help" version' -l 'version' -d 'Show the version.'
