/** The shells there are completions for. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof SHELLS)[number];

const BASH = String.raw`# casr completions for bash. Add to ~/.bashrc: eval "$(casr completions bash)"
_casr() {
  local line index=$((COMP_CWORD - 1))
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("${"$"}{line%%$'\t'*}")
  done < <(casr complete bash "$index" -- "${"$"}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ ${"$"}{#COMPREPLY[@]} -eq 1 && ${"$"}{COMPREPLY[0]} == */ ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o nosort -F _casr casr 2>/dev/null || complete -F _casr casr
`;

const ZSH = String.raw`#compdef casr
# casr completions for zsh. Add to ~/.zshrc, after compinit: eval "$(casr completions zsh)"
_casr() {
  local line word
  local -a plain folders
  for line in "${"$"}{(@f)$(casr complete zsh $((CURRENT - 2)) -- "${"$"}{(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    word=${"$"}{line%%$'\t'*}
    if [[ $word == */ ]]; then folders+=("$word"); else plain+=("${"$"}{word//:/\\:}:${"$"}{line#*$'\t'}"); fi
  done
  (( ${"$"}{#plain} )) && _describe -V casr plain
  (( ${"$"}{#folders} )) && compadd -S '' -- "${"$"}{folders[@]}"
}
if [[ ${"$"}{funcstack[1]} == _casr ]]; then _casr "$@"; else compdef _casr casr; fi
`;

const FISH = String.raw`# casr completions for fish: casr completions fish > ~/.config/fish/completions/casr.fish
function __casr_complete
    set -l words (commandline -opc)[2..-1]
    casr complete fish (count $words) -- $words (commandline -ct) 2>/dev/null
end
complete -c casr -f -k -a '(__casr_complete)'
`;

const POWERSHELL = String.raw`# casr completions for PowerShell. Add to $PROFILE: casr completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName casr -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
    Select-Object -Skip 1 | ForEach-Object { $_.Extent.Text.Trim("'", '"') })
  $index = if ($wordToComplete) { $words.Count - 1 } else { $words.Count }
  & casr complete powershell $index -- @words 2>$null | ForEach-Object {
    $word, $description = $_ -split "${"`"}t", 2
    if (-not $description) { $description = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $description)
  }
}
`;

const SCRIPTS: Record<Shell, string> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL };

/** The script to give to a shell. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
