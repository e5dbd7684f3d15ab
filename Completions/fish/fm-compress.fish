function __fm-compress_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-compress_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __fm-compress_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-compress_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __fm-compress_parse_tokens -S
    set -l unparsed_tokens (__fm-compress_tokens -pc)
    switch $unparsed_tokens[1]
    case 'fm-compress'
        __fm-compress_parse_subcommand 1 'd/decompress' 'codec=' 'filter=' 'o/output=' 'sign=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
    end
end

function __fm-compress_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __fm-compress_parse_subcommand -S -a positional_count
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

function __fm-compress_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __fm-compress_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__fm-compress_tokens -p)
    if test -z "$(__fm-compress_tokens -t)"
        set -l index (count (__fm-compress_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'fm-compress' -f
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" d decompress' -l 'decompress' -s 'd' -d 'Decompress, and convert numbers to single precision.'
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" codec' -l 'codec' -d 'Precision of the numbers: float16 or float32 (float16; float32 if the method requires it).' -rfka 'float16 float32'
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" filter' -l 'filter' -d 'Compression of the archive (gzip).' -rfka 'none gzip zstd'
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" sign' -l 'sign' -d 'Sign the archive with this ssh key, in a file of the same name with .sig appended.' -rF
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_positional "fm-compress" -eq 1' -F
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" version' -l 'version' -d 'Show the version.'
complete -c 'fm-compress' -n '__fm-compress_should_offer_completions_for_flags_or_options "fm-compress" h help' -s 'h' -l 'help' -d 'Show help information.'
