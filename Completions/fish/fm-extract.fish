function __fm-extract_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-extract_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __fm-extract_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __fm-extract_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __fm-extract_parse_tokens -S
    set -l unparsed_tokens (__fm-extract_tokens -pc)
    switch $unparsed_tokens[1]
    case 'fm-extract'
        __fm-extract_parse_subcommand -r 1 'path=' 'label=' 'resize=' 'window=+' 'damage=' 'prompt=+' 'texts=' 'anchors=' 'seed=' 'skip-unreadable' 'work=' 'shard=' 'j/threads=' 'unit=' 'slices=' 'pseudonyms=' 'key=' 'checkpoint=' 'pool=' 'layer=' 'precision=' 'benchmark' 'import' 'features=' 'labels=' 'logit-scale=' 'text=' 'classes=' 'table=' 'encoder=' 'join' 'o/output=' 'format=' 'columns=' 'q/quiet' 'v/verbose' 'progress=' 'version' 'h/help'
    end
end

function __fm-extract_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __fm-extract_parse_subcommand -S -a positional_count
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

function __fm-extract_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __fm-extract_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__fm-extract_tokens -p)
    if test -z "$(__fm-extract_tokens -t)"
        set -l index (count (__fm-extract_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'fm-extract' -f
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" path' -l 'path' -d 'With --table: the column with the paths of the images (path).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" label' -l 'label' -d 'With --table: the column with the class (label, if present).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" resize' -l 'resize' -d 'Resize as the checkpoint specifies, or squash images to the square, with bilinear interpolation (checkpoint).' -rfka 'checkpoint squash'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract"' -l 'window' -d 'Show this range of gray values: lung, bone, brain, soft, center ± width / 2, full, or with --unit header, the default there (full); give three for red, green and blue.' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" damage' -l 'damage' -d 'Corrupt the images, to test robustness: noise=, blur= or jpeg= and a degree (none).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract"' -l 'prompt' -d 'The text for a class, where {} is its name; several are averaged (\'a picture of a {}\').' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" texts' -l 'texts' -d 'Read the class texts from this file, one class, tab and text per line; several are averaged.' -rF
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" anchors' -l 'anchors' -d 'Use the mean of this number of images of each class in place of texts; these images are excluded.' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" seed' -l 'seed' -d 'With --anchors: the seed of the random choice of images (0).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" skip-unreadable' -l 'skip-unreadable' -d 'Skip images that cannot be read, instead of failing.'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" work' -l 'work' -d 'Save progress in this folder, so that an interrupted extraction resumes; removed at the end.' -rfa '(__fm-extract_complete_directories)'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" shard' -l 'shard' -d 'Encode only every n-th image, from the i-th on; --join puts the parts together (all images).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" j threads' -s 'j' -l 'threads' -d 'Use this number of threads (the number of processors).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" unit' -l 'unit' -d 'Read DICOM, and make a sample of each image, series or study.' -rfka 'image series study'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" slices' -l 'slices' -d 'Take this number of equally spaced slices of each series or study (16; with --unit image: all).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" pseudonyms' -l 'pseudonyms' -d 'Keep the key of the pseudonyms, and the table of whose they are, in this folder.' -rfa '(__fm-extract_complete_directories)'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" key' -l 'key' -d 'The column of the table that identifies samples: accession, study or path, or KIND=COLUMN.' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" checkpoint' -l 'checkpoint' -d 'The encoder: a folder with a checkpoint as it is downloaded.' -rfa '(__fm-extract_complete_directories)'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" pool' -l 'pool' -d 'Make features of the class token, of the mean of the patches, of both, or by the checkpoint\'s projection (the checkpoint\'s own way).' -rfka 'cls mean cls+mean projection'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" layer' -l 'layer' -d 'Use the tokens behind this layer, from 1, normalized as the last ones (the last).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" precision' -l 'precision' -d 'The precision of the encoder\'s products; bfloat16 and int8 are faster and less accurate (float32).' -rfka 'float32 bfloat16 int8'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" benchmark' -l 'benchmark' -d 'Print how many images per second this machine encodes, and stop; needs no images.'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" import' -l 'import' -d 'Import features that another program computed.'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" features' -l 'features' -d 'Image features [N, D]: floats in .npy or .npz, or numbers in CSV or TSV.' -rF
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" labels' -l 'labels' -d 'Class numbers [N] from 0, in .npy or .npz (the column \'label\' of the features, if present).' -rF
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" logit-scale' -l 'logit-scale' -d 'The factor from cosine similarities to logits (100, as in CLIP).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" text' -l 'text' -d 'Use these features of the class texts [C, D], such as those of another site.' -rF
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" classes' -l 'classes' -d 'The names of the classes, one per line.' -rF
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" table' -l 'table' -d 'The table of samples, tab-separated with a header; its first column names them.' -rF
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" encoder' -l 'encoder' -d 'The name of the encoder (the name of the checkpoint\'s folder).' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" join' -l 'join' -d 'Join the shards of an extraction, or whole extractions, to one archive.'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" o output' -l 'output' -s 'o' -d 'Write the archive to this file (standard output).' -rF
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" format' -l 'format' -d 'Format of the table (tsv; on a terminal, aligned columns).' -rfka 'tsv csv json jsonl'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" columns' -l 'columns' -d 'Print only these columns, in this order, separated by commas.' -rfka ''
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" q quiet' -l 'quiet' -s 'q' -d 'Print only errors.'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" v verbose' -l 'verbose' -s 'v' -d 'Print more details.'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" progress' -l 'progress' -d 'Show a progress bar on standard error: auto, always or never.' -rfka 'auto always never'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_positional "fm-extract" -ge 1' -F
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" version' -l 'version' -d 'Show the version.'
complete -c 'fm-extract' -n '__fm-extract_should_offer_completions_for_flags_or_options "fm-extract" h help' -s 'h' -l 'help' -d 'Show help information.'
