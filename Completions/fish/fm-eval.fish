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
        __fm-eval_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'score'
            __fm-eval_parse_subcommand -r 1 'features=' 'state=' 'split=' 'noise=' 'report-out=' 'min-count=' 'baselines' 'prior=' 'sign=' 'require=+' 'at-specificity=' 'at-sensitivity=' 'bins=' 'binning=' 'bootstrap=' 'group=' 'samples=' 'against=+' 'seed=' 'format=' 'columns=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'predict'
            __fm-eval_parse_subcommand 1 'features=' 'state=' 'prior=' 'split=' 'predictions-out=' 'format=' 'columns=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'show'
            __fm-eval_parse_subcommand 2 'bins=' 'binning=' 'format=' 'columns=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'calibrate'
            __fm-eval_parse_subcommand 1 'features=' 'state=' 'state-out=' 'format=' 'columns=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'table'
            __fm-eval_parse_subcommand -r 1 'metric=' 'allowed-signers=' 'format=' 'columns=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'select'
            __fm-eval_parse_subcommand -r 1 'min-sites=' 'allowed-signers=' 'format=' 'columns=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'report'
            __fm-eval_parse_subcommand 1 'html=' 'card=' 'against=' 'title=' 'intended-use=' 'license=' 'format=' 'columns=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'check'
            __fm-eval_parse_subcommand -r 1 'allowed-signers=' 'signer=' 'format=' 'columns=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'help'
            __fm-eval_parse_subcommand -r 1 'version'
        end
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
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -eq 1' -fa 'score' -d 'Score a model on a site\'s samples, or score or compare predictions, with confidence intervals.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -eq 1' -fa 'predict' -d 'Predict the classes of samples with a model, and with a site\'s state.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -eq 1' -fa 'show' -d 'Print a confusion matrix, a reliability table, or the points of a curve.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -eq 1' -fa 'calibrate' -d 'Fit the temperature of the predictions on the validation split, and store it in the state.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -eq 1' -fa 'table' -d 'Combine test reports into one table of sites, Global and AVG.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -eq 1' -fa 'select' -d 'Find the best round from the sites\' validation reports.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -eq 1' -fa 'report' -d 'Summarize a run of fm-federate in a table or as a web page.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -eq 1' -fa 'check' -d 'Verify archives of any kind, or whole runs, and list their contents.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" features' -l 'features' -d 'The site\'s features.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" state' -l 'state' -d 'The site\'s private state.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" split' -l 'split' -d 'Use these samples (test; all if they were never split).' -rfka 'train validation test all'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" noise' -l 'noise' -d 'Measure robustness to Gaussian noise on the features with these standard deviations, relative to their root mean square, such as .1,.2.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" report-out' -l 'report-out' -d 'Write the scores as a report archive; for the validation split, only counts.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" min-count' -l 'min-count' -d 'With --report-out: the fewest samples that a number may be based on; classes with fewer are hidden (5).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" baselines' -l 'baselines' -d 'Score two baselines too: majority, the most frequent class of the samples, and alone, logistic regression on the site\'s own training samples with the penalty that is best on its validation samples.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" prior' -l 'prior' -d 'With gaussian: predict for these class frequencies, in the model\'s order, such as .2,.5,.3 (the site\'s own).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score"' -l 'require' -d 'Exit with 1 unless this requirement is met, such as \'macro_f1>=.7\'; may be repeated.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" at-specificity' -l 'at-specificity' -d 'Print the sensitivity of each class at a specificity of at least X.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" at-sensitivity' -l 'at-sensitivity' -d 'Print the specificity of each class at a sensitivity of at least X.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" bins' -l 'bins' -d 'The number of bins of the calibration error (15).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" binning' -l 'binning' -d 'Use bins of equal width or of equal mass (width).' -rfka 'width mass'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" bootstrap' -l 'bootstrap' -d 'Compute confidence intervals from this number of bootstrap resamples, such as 1000; for a model, the report holds the main scores in each of them.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" group' -l 'group' -d 'With --bootstrap: resample groups of samples with the same value in this column (for a model, patient if the features have it).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" samples' -l 'samples' -d 'With --group, for predictions: the table with that column (the table of predictions).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score"' -l 'against' -d 'Compare with these predictions on the same samples; give it once for each set of predictions.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" seed' -l 'seed' -d 'With --noise, or --bootstrap of predictions: the seed of all random numbers (0).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" o output' -l 'output' -s 'o' -d 'Write the table to this file (standard output).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval score" -ge 1' -F
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval score" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" features' -l 'features' -d 'The site\'s features.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" state' -l 'state' -d 'The site\'s private state.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" prior' -l 'prior' -d 'With gaussian: predict for these class frequencies, in the model\'s order, such as .2,.5,.3 (the site\'s own).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" split' -l 'split' -d 'Use these samples (test; all if they were never split).' -rfka 'train validation test all'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" predictions-out' -l 'predictions-out' -d 'Write the probabilities of all predictors as an archive, and a table only if --output is given.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" o output' -l 'output' -s 'o' -d 'Write the table to this file (standard output).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval predict" -eq 1' -F
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval predict" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" bins' -l 'bins' -d 'The number of bins of the calibration error (15).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" binning' -l 'binning' -d 'Use bins of equal width or of equal mass (width).' -rfka 'width mass'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" o output' -l 'output' -s 'o' -d 'Write the table to this file (standard output).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval show" -eq 1' -fka 'confusion reliability roc decision'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval show" -eq 2' -F
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval show" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" features' -l 'features' -d 'The site\'s features.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" state' -l 'state' -d 'The site\'s private state.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" state-out' -l 'state-out' -d 'Write the new state to this file (default: replace --state).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" o output' -l 'output' -s 'o' -d 'Write the table to this file (standard output).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval calibrate" -eq 1' -F
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval calibrate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" metric' -l 'metric' -d 'Print this score.' -rfka 'accuracy balanced_accuracy macro_f1 macro_precision macro_recall macro_specificity macro_auc macro_average_precision log_loss brier ece cohen_kappa matthews'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval table" -ge 1' -F
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" o output' -l 'output' -s 'o' -d 'Write the table to this file (standard output).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval table" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" min-sites' -l 'min-sites' -d 'Consider only rounds that at least this number of sites reported on.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval select" -ge 1' -F
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" o output' -l 'output' -s 'o' -d 'Write the table to this file (standard output).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval select" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" html' -l 'html' -d 'Write a web page with figures to this file.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" card' -l 'card' -d 'Write a model card in Markdown to this file.' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" against' -l 'against' -d 'Compare with this run: on the page, or as the table.' -rfa '(__fm-eval_complete_directories)'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" title' -l 'title' -d 'Title of the page and the card (the run\'s name).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" intended-use' -l 'intended-use' -d 'Intended use of the model, for the card (none is stated).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" license' -l 'license' -d 'License of the model, for the card (none is stated).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" o output' -l 'output' -s 'o' -d 'Write the table to this file (standard output).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval report" -eq 1' -fa '(__fm-eval_complete_directories)'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval report" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" signer' -l 'signer' -d 'With --allowed-signers: the required signer (server).' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" o output' -l 'output' -s 'o' -d 'Write the table to this file (standard output).' -rF
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_positional "fm-eval check" -ge 1' -F
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" version' -l 'version' -d 'Show the version.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval check" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-eval' -n '__fm-eval_should_offer_completions_for_flags_or_options "fm-eval help" version' -l 'version' -d 'Show the version.'
