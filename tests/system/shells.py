"""What shells offer when somebody presses Tab, with the completions in completions/."""
from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
from pathlib import Path
from types import TracebackType

from depot import BUILD, ROOT
from waiting import eventually

COMPLETIONS = ROOT / "completions"
LIMIT = 60.0
END = "--END--"

BASH = r"""
source "$COMPLETIONS/metaset.bash"
while IFS= read -r line; do
  eval "COMP_WORDS=($line)"
  [ "${line% }" = "$line" ] || COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  _metaset
  printf '%s\n' "${COMPREPLY[@]}" --END--
done
"""
FISH = r"""
source $COMPLETIONS/metaset.fish
while read -l line
  complete -C "$line" | string split -f 1 \t
  echo -- --END--
end
"""
# Completion works only in the line editor: a key completes all lines, and what would be offered is
# noted.
ZSH = r"""
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -A found "$@"
  print -rl -- $found >>$NOTES
  builtin compadd "$@"
}
note_end() { print -r -- --END-- >>$NOTES; compstate[insert]= compstate[list]= }
complete_all() {
  local line
  while IFS= read -r line; do
    BUFFER=$line CURSOR=$#line comppostfuncs=(note_end)
    zle complete-word
  done <$ASKED
  print -r -- --DONE-- >>$NOTES
}
zle -N complete_all
bindkey x complete_all
"""


def environment(home: Path) -> dict[str, str]:
    """Of a shell of somebody who has configured nothing."""
    return {"PATH": f"{BUILD}:{os.environ['PATH']}", "HOME": str(home), "TERM": "dumb",
            "COMPLETIONS": str(COMPLETIONS), "LC_ALL": "C.UTF-8", "PS1": "> "}


def offered_by_program(command: list[str], home: Path, lines: list[str]) -> list[set[str]]:
    """What one that reads lines offers for each of them."""
    done = subprocess.run(command, input="".join(f"{line}\n" for line in lines), check=True,
                          cwd=home, env=environment(home), capture_output=True, text=True,
                          timeout=LIMIT)
    assert not done.stderr, done.stderr
    parts = done.stdout.split(f"{END}\n")
    assert len(parts) == len(lines) + 1, done.stdout
    return [set(part.split("\n")) - {""} for part in parts[:-1]]


class Terminal:
    """A shell that somebody types into."""

    def __init__(self, command: list[str], home: Path, variables: dict[str, str]) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execvpe(command[0], command, {**environment(home), **variables})
        self.shown = ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)

    def type(self, text: str) -> None:
        """As from the keyboard."""
        os.write(self._terminal, text.encode())

    def read(self) -> str:
        """All that it has shown so far."""
        while select.select([self._terminal], [], [], 0.01)[0]:
            self.shown += os.read(self._terminal, 65536).decode(errors="replace")
        return self.shown


def offered_by_zsh(home: Path, lines: list[str]) -> list[set[str]]:
    """Somebody presses one key."""
    asked, notes = home / "asked", home / "notes"
    asked.write_text("".join(f"{line}\n" for line in lines))
    notes.touch()
    (home / "setup").write_text(ZSH)
    with Terminal(["zsh", "-f", "-i"], home,
                  {"NOTES": str(notes), "ASKED": str(asked)}) as terminal:
        terminal.type(f"source {home}/setup\nx")

        def is_done() -> bool:
            terminal.read()
            return notes.read_text().endswith("--DONE--\n")

        eventually(is_done, "zsh has completed all")
    parts = notes.read_text().split(f"{END}\n")
    assert len(parts) == len(lines) + 1, parts
    return [set(part.split("\n")) - {""} for part in parts[:-1]]


def offered(shell: str, home: Path, lines: list[str]) -> list[set[str]]:
    """What a shell offers at the end of each line."""
    if shell == "bash":
        return offered_by_program(["bash", "-c", BASH], home, lines)
    if shell == "fish":
        return offered_by_program(["fish", "--no-config", "-c", FISH], home, lines)
    return offered_by_zsh(home, lines)
