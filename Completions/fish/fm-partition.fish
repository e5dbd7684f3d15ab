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
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" scheme' -l 'scheme' -d 'How to spread the samples: column, whole, iid, dirichlet, pathological, quantity.' -rfka 'column whole iid dirichlet pathological quantity'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" column' -l 'column' -d 'The column that names each sample\'s site (scheme column).' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" site' -l 'site' -d 'The one site\'s name (scheme whole).' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" sites' -l 'sites' -d 'How many sites to make (iid, dirichlet, pathological, quantity).' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" alpha' -l 'alpha' -d 'The Dirichlet concentration; small is very uneven (dirichlet, quantity).' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" classes-per-site' -l 'classes-per-site' -d 'How many classes each site has (pathological).' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" label' -l 'label' -d 'The column of the class, in a table (label, where there is one).' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" group' -l 'group' -d 'The column of the patient or lesion whose samples stay together.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" split' -l 'split' -d 'Percentages of train, validation and test.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" stratify' -l 'stratify' -d 'Split each class by itself.'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" holdout' -l 'holdout' -d 'Make this site Global: held out, all of it for testing.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" holdout-fraction' -l 'holdout-fraction' -d 'Make this share of the samples Global, of each class, before all else.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition"' -l 'drop' -d 'Leave out this site; may be repeated.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" min-samples' -l 'min-samples' -d 'Leave out sites with fewer samples; dirichlet and quantity draw anew.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" seed' -l 'seed' -d 'Decides every random draw.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" format' -l 'format' -d 'Format of the table: tsv, csv, json or jsonl (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" columns' -l 'columns' -d 'Print only these columns, in this order, such as site,accuracy.' -rfka ''
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" o output' -l 'output' -s 'o' -d 'Where to write: a file for a table, a folder for archives.' -rF
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" q quiet' -l 'quiet' -s 'q' -d 'Say nothing but errors.'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" v verbose' -l 'verbose' -s 'v' -d 'Say more.'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_positional "fm-partition" -eq 1' -F
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" version' -l 'version' -d 'Show the version.'
complete -c 'fm-partition' -n '__fm-partition_should_offer_completions_for_flags_or_options "fm-partition" h help' -s 'h' -l 'help' -d 'Show help information.'
