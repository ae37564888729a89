// The line that sets a client's environment in each shell. It calls the program, so that it holds no token.

export interface Shell {
  id: string;
  name: string;
  line: string;
}

export const SHELLS: readonly Shell[] = [
  { id: "bash", name: "bash, zsh", line: 'eval "$(turnpike env)"' },
  { id: "fish", name: "fish", line: "turnpike env --shell fish | source" },
  { id: "nu", name: "Nushell", line: "turnpike env --shell nu | from nuon | load-env" },
  { id: "pwsh", name: "PowerShell", line: "turnpike env --shell pwsh | Out-String | Invoke-Expression" },
  { id: "cmd", name: "cmd", line: "for /f \"delims=\" %i in ('turnpike env --shell cmd') do %i" },
];
