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
        __fm-aggregate_parse_subcommand $count 'init' 'like=' 'spec=' 'text=' 'method=' 'allow-precision-mix' 'seed=' 'batch-size=' 'local-epochs=' 'learning-rate-fam=' 'learning-rate-mlp=' 'decay=' 'beta1=' 'beta2=' 'epsilon=' 'weight-decay=' 'lambda=' 'temperature=' 'hidden=' 'contrast=' 'classifier=' 'masks=' 'mixture=' 'dp=' 'delta=' 'dp-unit=' 'dp-clip=' 'dp-samples=' 'dp-rounds=' 'learning-rate=' 'start=' 'inputs=' 'local-optimizer=' 'momentum=' 'base=' 'mu=' 'head=' 'shrinkage=' 'residual=' 'partial=' 'keep-statistics' 'add=+' 'remove=+' 'weights=' 'rule=' 'malicious=' 'keep=' 'trim=' 'largest-norm=' 'guard=' 'model=' 'optimizer=' 'server-learning-rate=' 'server-state=' 'server-state-out=' 'allowed-signers=' 'audit=' 'min-updates=' 'best-round=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'calibrate'
            __fm-aggregate_parse_subcommand -r 1 'model=' 'allowed-signers=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'receive'
            __fm-aggregate_parse_subcommand -r 2 'model=' 'exchange=' 'into=' 'refused=' 'suffix=' 'sites=' 'log=' 'secure-sites=' 'agreement=' 'rounds=' 'allowed-signers=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'next'
            __fm-aggregate_parse_subcommand 1 'rounds=' 'min-sites=' 'rounds-out=' 'losses-out=' 'traffic-out=' 'allowed-signers=' 'format=' 'columns=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'status'
            __fm-aggregate_parse_subcommand 1 'format=' 'columns=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'list'
            __fm-aggregate_parse_subcommand 1 'format=' 'columns=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'sites'
            __fm-aggregate_parse_subcommand -r 1 'allowed-signers=' 'o/output=' 'sign=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'deliver'
            __fm-aggregate_parse_subcommand -r 1 'sites=' 'into=' 'agreement=' 'sign=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'agree'
            __fm-aggregate_parse_subcommand -r 1 'sites=' 'model=' 'o/output=' 'sign=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'confirm'
            __fm-aggregate_parse_subcommand -r 1 'sites=' 'agreement=' 'allowed-signers=' 'o/output=' 'sign=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'unmask'
            __fm-aggregate_parse_subcommand -r 1 'sites=' 'agreement=' 'model=' 'revealed=+' 'optimizer=' 'server-learning-rate=' 'server-state=' 'server-state-out=' 'audit=' 'best-round=' 'o/output=' 'sign=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
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
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" init' -l 'init' -d 'Make the initial global model of a run.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" like' -l 'like' -d 'Take classes and encoder from a feature archive.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" spec' -l 'spec' -d 'Take classes and encoder from JSON, such as a feature archive\'s manifest.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" text' -l 'text' -d 'With --spec: the features of the class texts, as written by fm-extract (text.npy).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" method' -l 'method' -d 'The run\'s method: fedmedclip, linear, fedprox, local, zero-shot, gaussian, local-linear (fedmedclip).' -rfka 'fedmedclip linear fedprox local zero-shot gaussian local-linear'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" allow-precision-mix' -l 'allow-precision-mix' -d 'With --init: sites may encode their images in different precisions (fm-extract --precision).'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" seed' -l 'seed' -d 'Seed of all random numbers of the run (0).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" batch-size' -l 'batch-size' -d 'Number of samples per batch (32).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" local-epochs' -l 'local-epochs' -d 'Number of epochs per round at each site (1).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" learning-rate-fam' -l 'learning-rate-fam' -d 'With fedmedclip: learning rate of the shared module (0.0005).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" learning-rate-mlp' -l 'learning-rate-mlp' -d 'With fedmedclip: learning rate of the private classifier (0.0001).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" decay' -l 'decay' -d 'Factor applied to the learning rates after each round (0.97).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" beta1' -l 'beta1' -d 'Decay rate of Adam\'s first moment (0.9).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" beta2' -l 'beta2' -d 'Decay rate of Adam\'s second moment (0.98).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" epsilon' -l 'epsilon' -d 'Adam\'s epsilon (1e-06).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" weight-decay' -l 'weight-decay' -d 'Weight decay, or the L2 penalty of sgd and adam (0.02).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" lambda' -l 'lambda' -d 'With fedmedclip: weight of the mutual distillation (0.04).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" temperature' -l 'temperature' -d 'With fedmedclip: temperature of the mutual distillation (2).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" hidden' -l 'hidden' -d 'With fedmedclip: width of the private classifier\'s layers (512).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" contrast' -l 'contrast' -d 'With fedmedclip: contrast images with the texts of the batch\'s labels, as in the paper, or of all classes (batch).' -rfka 'batch classes'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" classifier' -l 'classifier' -d 'With fedmedclip: type of private classifier (mlp).' -rfka 'mlp none'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" masks' -l 'masks' -d 'With fedmedclip: masks of the rows of each layer (learned).' -rfka 'learned none'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" mixture' -l 'mixture' -d 'With fedmedclip: weight the two predictors of the ensemble by their entropies, or equally (entropy).' -rfka 'entropy even'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" dp' -l 'dp' -d 'Epsilon of differential privacy; 0 adds no noise (0).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" delta' -l 'delta' -d 'Delta of differential privacy, at most a tenth of 1 over the number of samples of a site (1e-05).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" dp-unit' -l 'dp-unit' -d 'Whether differential privacy protects a sample, or all samples of a patient (sample).' -rfka 'sample patient'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" dp-clip' -l 'dp-clip' -d 'With --dp: norm to which the gradient of a sample or patient is clipped (1).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" dp-samples' -l 'dp-samples' -d 'With --dp: public number of training samples of a typical site, which determines sampling rate and steps (1000).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" dp-rounds' -l 'dp-rounds' -d 'With --dp: number of rounds that epsilon covers (50).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" learning-rate' -l 'learning-rate' -d 'With linear: learning rate of the head (0.005).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" start' -l 'start' -d 'With linear: start the head from the class texts, or from zeros (texts).' -rfka 'texts zeros'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" inputs' -l 'inputs' -d 'With linear: scale features to unit norm, or leave them unchanged (unit).' -rfka 'unit raw'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" local-optimizer' -l 'local-optimizer' -d 'With linear: optimizer used at the sites (adamw).' -rfka 'adamw adam sgd'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" momentum' -l 'momentum' -d 'With linear: momentum of the optimizer sgd (0).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" base' -l 'base' -d 'With fedprox, local: the wrapped method (linear).' -rfka 'fedmedclip linear'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" mu' -l 'mu' -d 'With fedprox: weight of the proximal term (0.01).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" head' -l 'head' -d 'With gaussian: use linear discriminant analysis, ridge regression or naive Bayes; auto is ridge with --dp, else lda (auto).' -rfka 'auto lda ridge nb'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" shrinkage' -l 'shrinkage' -d 'With gaussian: shrinkage of the covariance towards the identity, of lda and nb (0.2).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" residual' -l 'residual' -d 'With gaussian: private residual: a linear map, or mlp for a small network (linear).' -rfka 'linear mlp'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" partial' -l 'partial' -d 'Write the sum of the updates as the update of a region or country of this name.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" keep-statistics' -l 'keep-statistics' -d 'Keep the total of the statistics in the model. With two sites, each can compute the other\'s statistics from it.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate"' -l 'add' -d 'Add an update to a MODEL that keeps its statistics; may be repeated.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate"' -l 'remove' -d 'Remove an update from a MODEL that keeps its statistics, as if its site had never participated; may be repeated.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" weights' -l 'weights' -d 'The weight of each update (uniform).' -rfka 'uniform samples'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" rule' -l 'rule' -d 'The aggregation rule: mean, median, trimmed-mean, krum, multi-krum, bulyan, geometric-median, clipped-mean (mean).' -rfka 'mean median trimmed-mean krum multi-krum bulyan geometric-median clipped-mean'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" malicious' -l 'malicious' -d 'With krum, multi-krum and bulyan: the number of malicious updates to tolerate (1).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" keep' -l 'keep' -d 'With multi-krum: the number of updates to keep (all but the number of malicious ones).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" trim' -l 'trim' -d 'With trimmed-mean: the share of values to discard at each end (0.2).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" largest-norm' -l 'largest-norm' -d 'With clipped-mean: scale differences from the model down to at most this norm (the median of the norms).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" guard' -l 'guard' -d 'Discard updates that are invalid, or farther from the others than this factor times the median distance.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" model' -l 'model' -d 'The global model that the updates must have been trained from.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" optimizer' -l 'optimizer' -d 'Apply the aggregate to the model with this optimizer: fedavgm, fedadam, fedyogi (none).' -rfka 'fedavgm fedadam fedyogi'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" server-learning-rate' -l 'server-learning-rate' -d 'The optimizer\'s learning rate (1 with fedavgm, 0.001 with the others).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" server-state' -l 'server-state' -d 'The optimizer\'s state after the previous round (empty).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" server-state-out' -l 'server-state-out' -d 'Write the optimizer\'s new state to this file.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" audit' -l 'audit' -d 'Write a table of the accepted and refused files, with reasons.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" min-updates' -l 'min-updates' -d 'Exit with 75 if there are fewer updates than this (1).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" best-round' -l 'best-round' -d 'The best round so far; sites then keep their state of that round.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" o output' -l 'output' -s 'o' -d 'Write the result to this file (standard output).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -ge 1' -F
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'calibrate' -d 'Fit the temperature of a finished model to the sites\' validation reports.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'receive' -d 'Collect and verify the sites\' answers in an exchange.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'next' -d 'Print the next task of a run of fm-federate, and the sites that are missing.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'status' -d 'Print the status of a run of fm-federate.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'list' -d 'List methods, their parameters, rules, optimizers, weights or codecs.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'sites' -d 'Make the list of sites that take part in secure aggregation, from their keys.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'deliver' -d 'Sort the sites\' sealed shares by receiver.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'agree' -d 'List the masked updates that are to be summed in a round.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'confirm' -d 'Collect the sites\' confirmations of an agreement.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'unmask' -d 'Unmask the sum of the masked updates of a round, and make the next model of it.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" model' -l 'model' -d 'The model that the sites reported on.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" o output' -l 'output' -s 'o' -d 'Write the model to this file (standard output).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate calibrate" -ge 1' -F
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate calibrate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" model' -l 'model' -d 'The model that the request is about.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" exchange' -l 'exchange' -d 'The folder that contains a folder for each site.' -rfa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" into' -l 'into' -d 'Write valid answers to this folder.' -rfa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" refused' -l 'refused' -d 'Write refused answers to this folder.' -rfa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" suffix' -l 'suffix' -d 'The ending of the answers\' file names, such as .tar.gz.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" sites' -l 'sites' -d 'Record in this table which site belongs to which folder, from its first answer on.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" log' -l 'log' -d 'Append a row for each answer to this table.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" secure-sites' -l 'secure-sites' -d 'With secure aggregation: the list of sites; updates are masked.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" agreement' -l 'agreement' -d 'With accept, confirm and reveal: the agreement that the sites were shown.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" rounds' -l 'rounds' -d 'With keys: the number of rounds of the run.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate receive" -eq 1' -fka 'update report test keys share accept confirm reveal'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate receive" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" rounds' -l 'rounds' -d 'The number of rounds of the run.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" min-sites' -l 'min-sites' -d 'Print the best round too, among those with at least this number of reports.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" rounds-out' -l 'rounds-out' -d 'With --min-sites: write a table of the validated rounds, with the sites that answered and those that did not.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" losses-out' -l 'losses-out' -d 'Write a table of the training losses in the run\'s logs, if any: site, round, epoch, and a column per loss.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" traffic-out' -l 'traffic-out' -d 'Write a table of the bytes that each site received and sent in each round.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate next" -eq 1' -fa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate next" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate status" -eq 1' -fa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate status" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate list" -eq 1' -fka 'methods parameters rules optimizers weights codecs'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate sites" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate sites" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate sites" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate sites" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate sites" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate sites" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate sites" -ge 1' -F
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate sites" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate sites" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate deliver" sites' -l 'sites' -d 'The list of sites of the run.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate deliver" into' -l 'into' -d 'Write the archives to this folder.' -rfa '(__fm-aggregate_complete_directories)'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate deliver" agreement' -l 'agreement' -d 'Write the agreement on the sites that sent shares to this file.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate deliver" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate deliver" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate deliver" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate deliver" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate deliver" -ge 1' -F
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate deliver" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate deliver" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate agree" sites' -l 'sites' -d 'The list of sites of the run.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate agree" model' -l 'model' -d 'The model from which the updates started.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate agree" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate agree" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate agree" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate agree" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate agree" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate agree" -ge 1' -F
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate agree" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate agree" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" sites' -l 'sites' -d 'The list of sites of the run.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" agreement' -l 'agreement' -d 'The agreement of the round.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate confirm" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" sites' -l 'sites' -d 'The list of sites of the run.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" agreement' -l 'agreement' -d 'The agreement of the round.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" model' -l 'model' -d 'The model from which the updates started.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask"' -l 'revealed' -d 'The shares that a site revealed; repeated.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" optimizer' -l 'optimizer' -d 'Apply the aggregate to the model with this optimizer: fedavgm, fedadam, fedyogi (none).' -rfka 'fedavgm fedadam fedyogi'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" server-learning-rate' -l 'server-learning-rate' -d 'The optimizer\'s learning rate (1 with fedavgm, 0.001 with the others).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" server-state' -l 'server-state' -d 'The optimizer\'s state after the previous round (empty).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" server-state-out' -l 'server-state-out' -d 'Write the optimizer\'s new state to this file.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" audit' -l 'audit' -d 'Write a table of the model and its updates.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" best-round' -l 'best-round' -d 'The best round so far; sites then keep their state of that round.' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_positional "fm-aggregate unmask" -ge 1' -F
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" version' -l 'version' -d 'Show the version.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate unmask" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate help" version' -l 'version' -d 'Show the version.'
