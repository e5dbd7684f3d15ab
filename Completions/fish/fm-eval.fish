function __fm-eval_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-eval_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __fm-eval_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-eval_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __fm-eval_parse_tokens -S
    set -l unparsed_tokens (__fm-eval_tokens -pc)
    switch $unparsed_tokens[1]
    case 'fm-eval'
        __fm-eval_parse_subcommand -r 1 'check' 'table' 'select-round' 'score' 'calibrate' 'report' 'features=' 'state=' 'state-out=' 'split=' 'predict' 'noise=' 'report-out=' 'min-count=' 'sign=' 'predictions-out=' 'show=' 'require=+' 'at-specificity=' 'at-sensitivity=' 'bins=' 'binning=' 'bootstrap=' 'group=' 'samples=' 'against=+' 'metric=' 'min-sites=' 'html=' 'allowed-signers=' 'signer=' 'seed=' 'format=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
    end
end

function __fm-eval_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __fm-eval_parse_subcommand -S -a positional_count
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

function __fm-eval_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __fm-eval_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__fm-eval_tokens -p)
    if test -z "$(__fm-eval_tokens -t)"
        set -l index (count (__fm-eval_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'fm-eval' -f
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" check' -l 'check' -d 'Verify archives of any kind, or a run\'s folder, and list what they are.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" table' -l 'table' -d 'Make one table of several reports: sites, Global, and AVG.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" select-round' -l 'select-round' -d 'Find the best round by several validation reports.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" score' -l 'score' -d 'Score predictions: archives that --predictions-out wrote, or anyone\'s tables.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" calibrate' -l 'calibrate' -d 'Fit the ensemble\'s temperature on the validation split, into the state.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" report' -l 'report' -d 'Tell a run of fm-federate as a whole, in numbers or as a page.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" features' -l 'features' -d 'The features to evaluate on.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" state' -l 'state' -d 'The site\'s private state.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" state-out' -l 'state-out' -d 'With --calibrate: where the new state goes (the old one\'s place).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" split' -l 'split' -d 'The samples: train, validation, test or all (test; all where they were never split).' -rfka 'train validation test all'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" predict' -l 'predict' -d 'Write a table of predictions: sample, class, p_1 to p_C.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" noise' -l 'noise' -d 'Evaluate with noise on the features too: its deviations, in their root mean square, such as .1,.2.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" report-out' -l 'report-out' -d 'Write the scores as a report archive; of the validation split, counts alone.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" min-count' -l 'min-count' -d 'With --report-out: the fewest samples that a number may rest on; classes with fewer are hidden (5).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" sign' -l 'sign' -d 'Sign what is written with this ssh key, into a file of its name with .sig.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" predictions-out' -l 'predictions-out' -d 'Write the predictions as an archive.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" show' -l 'show' -d 'Show something else than the scores: confusion, reliability, roc (points) or decision (net benefit).' -rfka 'confusion reliability roc decision'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval"' -l 'require' -d 'Exit with 1 unless it is met, as in \'macro_f1>=.7\'; may be repeated.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" at-specificity' -l 'at-specificity' -d 'Show each class\'s sensitivity at a specificity of at least this.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" at-sensitivity' -l 'at-sensitivity' -d 'Show each class\'s specificity at a sensitivity of at least this.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" bins' -l 'bins' -d 'How many bins the calibration error has (15).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" binning' -l 'binning' -d 'Bins of equal width, or of equal mass (width).' -rfka 'width mass'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" bootstrap' -l 'bootstrap' -d 'Intervals from so many draws of the samples, such as 1000.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" group' -l 'group' -d 'With --bootstrap: samples with the same value in this column are drawn together.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" samples' -l 'samples' -d 'With --group: the table with that column, if it is not that of the predictions.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval"' -l 'against' -d 'Compare with these predictions on the same samples; once for each of the others.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" metric' -l 'metric' -d 'With --table: the score, accuracy, balanced_accuracy, macro_f1, macro_precision, macro_recall, macro_specificity, macro_auc, macro_average_precision, log_loss, brier, ece, cohen_kappa, matthews (accuracy).' -rfka 'accuracy balanced_accuracy macro_f1 macro_precision macro_recall macro_specificity macro_auc macro_average_precision log_loss brier ece cohen_kappa matthews'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" min-sites' -l 'min-sites' -d 'With --select-round: fewer reporting sites make a round no candidate (1).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" html' -l 'html' -d 'With --report: write a page with pictures, for people.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" allowed-signers' -l 'allowed-signers' -d 'Take only what is signed by whom it is from, by ssh-keygen\'s file of allowed signers.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" signer' -l 'signer' -d 'With --allowed-signers: who must have signed it (server).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" seed' -l 'seed' -d 'With --bootstrap or --noise: decides what is drawn (0).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" format' -l 'format' -d 'How text is written: tsv, json or jsonl (tsv).' -rfka 'tsv json jsonl'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" o output' -l 'output' -s 'o' -d 'Where text goes.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" q quiet' -l 'quiet' -s 'q' -d 'Say nothing but errors.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" v verbose' -l 'verbose' -s 'v' -d 'Say more.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -ge 1' -F
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" h help' -s 'h' -l 'help' -d 'Show help information.'
