# Types a command line and TAB into a zsh that has our completions and prints what the line became.
# Usage: zsh -f complete.zsh FUNCTIONS LINE
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; unsetopt prompt_cr prompt_sp zle_bracketed_paste; fpath=($1 \$fpath)"
zpty -w shell 'autoload -U compinit; compinit -u -D'
# The line's end is asked for by a key of our own, which prints what is typed so far.
zpty -w shell 'show() { print -r -- "<<$BUFFER>>"; zle .kill-buffer }; zle -N show; bindkey "^T" show'
zpty -w shell 'print rea''dy'
while zpty -r shell line; do [[ $line == *ready* ]] && break; done
zpty -n -w shell "$2"$'\t\x14'
while zpty -r shell line; do
    if [[ $line == *'<<'*'>>'* ]]; then
        line=${line##*<<}
        print -r -- ${line%%>>*}
        break
    fi
done
