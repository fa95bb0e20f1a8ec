#include "cli/commands.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "util/error.h"
#include "util/format.h"
#include "util/shell.h"
#include "util/text.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace gemmtune::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
  unsigned shards = 0;
  std::string out;
  std::string gres = "gpu:1";
  std::string time = "04:00:00";
  unsigned at_once = 0;
  std::string sbatch;
  std::vector<std::string> sweep;
};

/// A directive is one line, and what stands in it is for sbatch, which knows quotes.
std::string directive(const std::string& text) {
  if (text.find_first_of("\n\r") != std::string::npos)
    throw UserError("\"" + printable(text) + "\" has a line break, which an #SBATCH line cannot have");
  return "#SBATCH " + text + "\n";
}

/// A slip in the options of the sweep would be told by every task, hours later.
void require_good(const std::vector<std::string>& sweep) {
  for (const std::string& word : sweep)
    for (const char* ours : {"--out", "--shard", "--resume", "--force"})
      if (word == ours || word.starts_with(std::string(ours) + "="))
        throw UserError(std::string(ours) + " is given by the script itself: leave it out");
  Command program("gemmtune", "");
  Command& command = program.add("sweep", "");
  const Run owner = add_sweep(command);
  std::vector<std::string> words = {"gemmtune", "sweep", "--out", "x", "--shard", "1/1", "--resume"};
  words.insert(words.end(), sweep.begin(), sweep.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  if (parse(program, static_cast<int>(pointers.size()), pointers.data()) != Asked::run)
    throw UserError("after -- come the options of gemmtune sweep, without --help");
}

std::string quoted(const std::vector<std::string>& words) {
  std::vector<std::string> each;
  for (const std::string& word : words) each.push_back(shell_quoted(word));
  return join(each, " ");
}

std::string head(const Options& options, const std::string& program, const std::string& out) {
  const std::string merge = program + " merge " + out + "/shard-* -o " + out + "/merged";
  return "#!/usr/bin/env bash\n"
         "# One plan in " +
         std::to_string(options.shards) +
         " shards, each in a folder of its own, in which a task that was requeued goes on. To submit it, and "
         "what\n# merges the shards when all have ended:\n"
         "#   job=$(sbatch --parsable THIS_FILE)\n"
         "#   sbatch --dependency=afterok:$job --wrap " +
         shell_quoted(merge) + "\n" + directive("--job-name=gemmtune") +
         directive(formatted("--array=1-{}{}", options.shards,
                             options.at_once > 0 ? formatted("%{}", options.at_once) : "")) +
         directive("--gres=" + options.gres) + directive("--time=" + options.time) + directive("--requeue") +
         directive("--open-mode=append") + directive("--output=gemmtune-%A-%a.log") +
         "# Two minutes before its time is over a task ends its sweep and asks to be run again.\n" +
         directive("--signal=B:USR1@120");
}

/// A shell hears of a signal while it waits, and not while a program runs in front of it.
constexpr const char* kTail = R"(sweep=$!
requeue=no
trap 'requeue=yes; kill -TERM "$sweep"' USR1
trap 'kill -TERM "$sweep"' TERM INT
wait "$sweep"
code=$?
while kill -0 "$sweep" 2>/dev/null; do
  wait "$sweep"
  code=$?
done
if [ "$requeue" = yes ] && [ "$code" = 143 ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"  # SLURM_JOB_ID of one of them means all
fi
exit "$code"
)";

std::string script(const Options& options) {
  const std::string program = shell_quoted(fs::read_symlink("/proc/self/exe").string());
  const std::string out = shell_quoted(fs::absolute(options.out).lexically_normal().string());
  std::string text = head(options, program, out);
  if (!options.sbatch.empty()) text += directive(options.sbatch);
  text += "\nmkdir -p " + out + "\n" + program + " sweep " + quoted(options.sweep) +
          (options.sweep.empty() ? "" : " ") + "--shard slurm --out " + out +
          "/shard-\"$SLURM_ARRAY_TASK_ID\" --resume &\n";
  return text + kTail;
}

int run(const Options& options) {
  require_good(options.sweep);
  print(script(options));
  return kExitOk;
}

}  // namespace

Run add_slurm_script(Command& command) {
  const auto options = std::make_shared<Options>();
  command.description(
      "Prints a job array for Slurm: a shard of the sweep a task, which goes on where it was when it is "
      "requeued. "
      "After -- come the options of the sweep. scripts/cluster/ has the same for mpirun, GNU parallel and "
      "Kubernetes.");
  command.option("sweep", options->sweep, "options of gemmtune sweep, after --")
      .type_name("SWEEP_OPTIONS")
      .required();
  command.option("--shards", options->shards, "tasks of the array")
      .type_name("N")
      .range(1, 1000000)
      .required();
  command.option("--out", options->out, "folder that all nodes see; each shard has one below it")
      .type_name("DIR")
      .required();
  command.option("--gres", options->gres, "what each task asks Slurm for").type_name("GRES");
  command
      .option("--time", options->time,
              "limit of a task; what is not done then is done by the task that follows")
      .type_name("TIME");
  command.option("--at-once", options->at_once, "at most so many tasks at a time; 0: no limit")
      .type_name("N");
  command
      .option("--sbatch", options->sbatch, "more for sbatch, as --sbatch=\"--partition=main --account=ours\"")
      .type_name("OPTIONS");
  command.footer(
      "Examples\n"
      "  gemmtune slurm-script --shards 8 --out /scratch/dsv3 -- \\\n"
      "    --shapes dsv3.json > dsv3.sbatch\n"
      "  sbatch dsv3.sbatch");
  return [options] { return run(*options); };
}

}  // namespace gemmtune::cli
