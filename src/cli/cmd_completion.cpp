// `gemmtune completion`: the script that makes a shell complete gemmtune's command line.
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/output.h"
#include "util/error.h"

#include <memory>
#include <string>
#include <vector>

namespace gemmtune::cli {

Run add_completion(Command& command) {
  const auto shell = std::make_shared<std::string>();
  command.description(
      "Prints a script that makes a shell complete commands, options, their words, built-in sets and files. "
      "Source it from the shell's start-up file.");
  command.option("shell", *shell, "the shell to be taught").required().words({"bash", "zsh", "fish"});
  command.footer(
      "Examples\n"
      "  source <(gemmtune completion bash)\n"
      "  gemmtune completion fish > ~/.config/fish/completions/gemmtune.fish");
  return [shell, program = command.parent()] {
    print(*shell == "bash"  ? bash_completion(*program)
          : *shell == "zsh" ? zsh_completion(*program)
                            : fish_completion(*program));
    return kExitOk;
  };
}

}  // namespace gemmtune::cli
