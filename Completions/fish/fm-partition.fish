function __fm-partition_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-partition_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __fm-partition_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-partition_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __fm-partition_parse_tokens -S
    set -l unparsed_tokens (__fm-partition_tokens -pc)
    switch $unparsed_tokens[1]
    case 'fm-partition'
        __fm-partition_parse_subcommand 1 'scheme=' 'column=' 'site=' 'sites=' 'alpha=' 'classes-per-site=' 'label=' 'group=' 'split=' 'stratify' 'holdout=' 'holdout-fraction=' 'drop=+' 'min-samples=' 'seed=' 'format=' 'columns=' 'o/output=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
    end
end

function __fm-partition_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __fm-partition_parse_subcommand -S -a positional_count
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

function __fm-partition_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __fm-partition_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__fm-partition_tokens -p)
    if test -z "$(__fm-partition_tokens -t)"
        set -l index (count (__fm-partition_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'fm-partition' -f
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" scheme' -l 'scheme' -d 'The partition scheme: column, whole, iid, dirichlet, pathological, quantity.' -rfka 'column whole iid dirichlet pathological quantity'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" column' -l 'column' -d 'With scheme column: the column that names each sample\'s site.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" site' -l 'site' -d 'With scheme whole: the name of the site.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" sites' -l 'sites' -d 'With iid, dirichlet, pathological and quantity: the number of sites.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" alpha' -l 'alpha' -d 'With dirichlet and quantity: the concentration; smaller values are less even.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" classes-per-site' -l 'classes-per-site' -d 'With pathological: the number of classes at each site.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" label' -l 'label' -d 'For a table: the column with the class (label, if present).' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" group' -l 'group' -d 'Keep samples with the same value in this column together, such as a patient\'s.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" split' -l 'split' -d 'Percentages of train, validation and test samples.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" stratify' -l 'stratify' -d 'Split each class separately, so that all splits have the same class frequencies.'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" holdout' -l 'holdout' -d 'Hold out this site: name it Global, and use all its samples for testing.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" holdout-fraction' -l 'holdout-fraction' -d 'Hold out this share of the samples of each class as Global, before the partition.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition"' -l 'drop' -d 'Exclude this site; may be repeated.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" min-samples' -l 'min-samples' -d 'Exclude sites with fewer samples; dirichlet and quantity draw again until none has.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" seed' -l 'seed' -d 'Seed of all random numbers.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" o output' -l 'output' -s 'o' -d 'Write a table to this file (standard output), or archives to this folder.' -rF
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_positional "fm-partition" -eq 1' -F
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" version' -l 'version' -d 'Show the version.'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" h help' -s 'h' -l 'help' -d 'Show help information.'
