function __fm-train-local_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-train-local_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __fm-train-local_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-train-local_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __fm-train-local_parse_tokens -S
    set -l unparsed_tokens (__fm-train-local_tokens -pc)
    switch $unparsed_tokens[1]
    case 'fm-train-local'
        __fm-train-local_parse_subcommand 1 'features=' 'state=' 'state-out=' 'personalize' 'min-samples=' 'log=' 'o/output=' 'ledger=' 'budget=' 'patient=' 'share-noise=' 'allowed-signers=' 'signer=' 'j/threads=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'keys'
            __fm-train-local_parse_subcommand 1 'secrets=' 'o/output=' 'sign=' 'features=' 'rounds=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'share'
            __fm-train-local_parse_subcommand 1 'secrets=' 'o/output=' 'sign=' 'allowed-signers=' 'signer=' 'min-sites=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'mask'
            __fm-train-local_parse_subcommand 1 'secrets=' 'o/output=' 'sign=' 'delivery=' 'sharers=' 'allowed-signers=' 'weights=' 'filter=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'confirm'
            __fm-train-local_parse_subcommand 1 'secrets=' 'o/output=' 'sign=' 'delivery=' 'sharers=' 'allowed-signers=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'reveal'
            __fm-train-local_parse_subcommand 1 'secrets=' 'o/output=' 'sign=' 'delivery=' 'sharers=' 'allowed-signers=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
        case 'help'
            __fm-train-local_parse_subcommand -r 1 'version'
        end
    end
end

function __fm-train-local_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __fm-train-local_parse_subcommand -S -a positional_count
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

function __fm-train-local_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __fm-train-local_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__fm-train-local_tokens -p)
    if test -z "$(__fm-train-local_tokens -t)"
        set -l index (count (__fm-train-local_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'fm-train-local' -f
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" features' -l 'features' -d 'The site\'s feature archive.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" state' -l 'state' -d 'The site\'s private state.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" state-out' -l 'state-out' -d 'Write the new state to this file (default: replace --state).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" personalize' -l 'personalize' -d 'Fit the method\'s private part, if any, to the finished MODEL and store it in the state; write no update.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" min-samples' -l 'min-samples' -d 'Refuse to make an update from fewer training samples (20 with gaussian, 1 with other methods).' -rfka ''
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" log' -l 'log' -d 'Write a table of losses and validation accuracy to this file.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" o output' -l 'output' -s 'o' -d 'Write the update to this file (standard output).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" ledger' -l 'ledger' -d 'The folder of the ledger of this data set (FEATURES.ledger).' -rfa '(__fm-train-local_complete_directories)'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" budget' -l 'budget' -d 'Refuse a round that would raise the epsilon of this data set, over all runs, above this.' -rfka ''
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" patient' -l 'patient' -d 'The column of the feature table that names the patients (patient).' -rfka ''
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" share-noise' -l 'share-noise' -d 'Add only a part of the noise, because the update will be summed with those of this list of sites (secure aggregation).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" signer' -l 'signer' -d 'With --allowed-signers: the required signer (server).' -rfka ''
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" j threads' -s 'j' -l 'threads' -d 'Use this number of threads (the number of processors).' -rfka ''
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local" -eq 1' -F
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" version' -l 'version' -d 'Show the version.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local" -eq 2' -fa 'keys' -d 'Make the site\'s keys for secure aggregation, and write the public ones.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local" -eq 2' -fa 'share' -d 'Check the list of sites, and write sealed shares of the site\'s secrets for them.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local" -eq 2' -fa 'mask' -d 'Mask the site\'s update, so that only the sum over all sites can be read.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local" -eq 2' -fa 'confirm' -d 'Confirm which sites sent shares, or which masked updates are summed in a round.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local" -eq 2' -fa 'reveal' -d 'Reveal shares for an agreement that enough sites have confirmed.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local" -eq 2' -fa 'help' -d 'Show subcommand help information.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" secrets' -l 'secrets' -d 'The folder of the site\'s secrets in this run; it is created.' -rfa '(__fm-train-local_complete_directories)'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" features' -l 'features' -d 'The site\'s feature archive, for its name.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" rounds' -l 'rounds' -d 'The number of rounds of the run.' -rfka ''
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local keys" -eq 1' -F
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" version' -l 'version' -d 'Show the version.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local keys" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" secrets' -l 'secrets' -d 'The folder of the site\'s secrets in this run; it is created.' -rfa '(__fm-train-local_complete_directories)'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" signer' -l 'signer' -d 'With --allowed-signers: the server\'s name, which no site may have (server).' -rfka ''
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" min-sites' -l 'min-sites' -d 'Refuse a list of fewer sites (3).' -rfka ''
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local share" -eq 1' -F
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" version' -l 'version' -d 'Show the version.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local share" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" secrets' -l 'secrets' -d 'The folder of the site\'s secrets in this run; it is created.' -rfa '(__fm-train-local_complete_directories)'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" delivery' -l 'delivery' -d 'The shares of the other sites for this one; needed until the site has them.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" sharers' -l 'sharers' -d 'The confirmed agreement on the sites that sent shares; needed until the site has it.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" weights' -l 'weights' -d 'The weight of the update in the sum (uniform).' -rfka 'uniform samples'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" filter' -l 'filter' -d 'Compression of the archive (none).' -rfka 'none gzip zstd'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local mask" -eq 1' -F
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" version' -l 'version' -d 'Show the version.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local mask" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" secrets' -l 'secrets' -d 'The folder of the site\'s secrets in this run; it is created.' -rfa '(__fm-train-local_complete_directories)'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" delivery' -l 'delivery' -d 'The shares of the other sites for this one; needed until the site has them.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" sharers' -l 'sharers' -d 'The confirmed agreement on the sites that sent shares; needed until the site has it.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local confirm" -eq 1' -F
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" version' -l 'version' -d 'Show the version.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local confirm" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" secrets' -l 'secrets' -d 'The folder of the site\'s secrets in this run; it is created.' -rfa '(__fm-train-local_complete_directories)'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" delivery' -l 'delivery' -d 'The shares of the other sites for this one; needed until the site has them.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" sharers' -l 'sharers' -d 'The confirmed agreement on the sites that sent shares; needed until the site has it.' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" allowed-signers' -l 'allowed-signers' -d 'Accept only files signed by their sender, as listed in this allowed-signers file (ssh-keygen).' -rF
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_positional "fm-train-local reveal" -eq 1' -F
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" version' -l 'version' -d 'Show the version.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local reveal" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'fm-train-local' -n '__fm-train-local_should_offer_completions_for_flags_or_options "fm-train-local help" version' -l 'version' -d 'Show the version.'
