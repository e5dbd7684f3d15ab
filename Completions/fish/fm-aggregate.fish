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
        __fm-aggregate_parse_subcommand -r 1 'init' 'like=' 'spec=' 'seed=' 'batch-size=' 'local-epochs=' 'learning-rate-fam=' 'learning-rate-mlp=' 'decay=' 'beta1=' 'beta2=' 'epsilon=' 'weight-decay=' 'lambda=' 'temperature=' 'hidden=' 'weights=' 'rule=' 'malicious=' 'keep=' 'trim=' 'largest-norm=' 'guard=' 'model=' 'optimizer=' 'server-learning-rate=' 'server-state=' 'server-state-out=' 'allowed-signers=' 'audit=' 'min-updates=' 'best-round=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
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
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" seed' -l 'seed' -d 'Decides every random number of the run (0).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" batch-size' -l 'batch-size' -d 'Samples in a batch (32).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" local-epochs' -l 'local-epochs' -d 'Epochs at a site in each round (1).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" learning-rate-fam' -l 'learning-rate-fam' -d 'Of the shared module (5e-4).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" learning-rate-mlp' -l 'learning-rate-mlp' -d 'Of the private classifier (1e-4).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" decay' -l 'decay' -d 'The learning rates\' factor from round to round (0.97).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" beta1' -l 'beta1' -d 'AdamW\'s first decay rate (0.9).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" beta2' -l 'beta2' -d 'AdamW\'s second decay rate (0.98).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" epsilon' -l 'epsilon' -d 'AdamW\'s epsilon (1e-6).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" weight-decay' -l 'weight-decay' -d 'AdamW\'s weight decay (0.02).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" lambda' -l 'lambda' -d 'The weight of mutual distillation (0.04).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" temperature' -l 'temperature' -d 'The temperature of mutual distillation (2).' -rfka ''
complete -c 'fm-aggregate' -n '__fm-aggregate_should_offer_completions_for_flags_or_options "fm-aggregate" hidden' -l 'hidden' -d 'The private classifier\'s width (512).' -rfka ''
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
