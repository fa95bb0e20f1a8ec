"""A Slurm of one node, with GPUs that are none, in a folder of its own: munged, slurmctld and slurmd, on the loopback alone."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "sinfo"]
GPUS = ["/dev/null", "/dev/zero"]


class CannotStart(Exception):
    pass


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def why_not():
    """What is missing here, or nothing."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
    if missing:
        return f"{', '.join(missing)} not installed: scripts/setup --tests installs Debian's Slurm"
    if os.geteuid() != 0:
        return "slurmctld and slurmd of this recipe need root"
    return ""


class Slurm:
    def __init__(self, folder, env):
        self.folder = pathlib.Path(folder)
        self.env = {**env, "SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": env["PATH"] + ":/usr/sbin:/sbin"}
        self.started = []  # pid files

    def start(self):
        if reason := why_not():
            raise CannotStart(reason)
        self.configure()
        try:
            key = self.folder / "munge.key"
            key.write_bytes(os.urandom(1024))
            key.chmod(0o400)
            files = {name: self.folder / f"munged.{name}" for name in ("pid", "log", "seed")}
            self.daemon("munged", files["pid"], f"--key-file={key}", f"--socket={self.folder}/munge.socket", f"--pid-file={files['pid']}",
                        f"--log-file={files['log']}", f"--seed-file={files['seed']}", "--force")
            self.daemon("slurmctld", self.folder / "slurmctld.pid")
            self.daemon("slurmd", self.folder / "slurmd.pid")
            self.wait(lambda: self.call("sinfo", "-h", "-o", "%T").strip() == "idle", "an idle node", 30)
        except (CannotStart, subprocess.CalledProcessError, OSError) as error:
            self.stop()
            raise CannotStart(f"{error}\n{self.logs()}")

    def configure(self):
        for name in ("spool", "state"):
            (self.folder / name).mkdir(parents=True)
        host, (controller, node) = socket.gethostname().split(".")[0], free_ports(2)
        # Slurm wants devices, whichever.
        (self.folder / "gres.conf").write_text("".join(f"Name=gpu Type=h100 File={device}\n" for device in GPUS))
        (self.folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
        (self.folder / "slurm.conf").write_text(f"""
ClusterName=gemmtune
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
# A job that is requeued waits until no credential of its first run is valid any more.
AuthInfo=socket={self.folder}/munge.socket,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort={controller}
SlurmdPort={node}
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd.pid
SlurmctldLogFile={self.folder}/slurmctld.log
SlurmdLogFile={self.folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1
MpiDefault=none
KillWait=5
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State=UNKNOWN Gres=gpu:h100:{len(GPUS)}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")

    def daemon(self, name, pid_file, *args):
        self.started.append(pid_file)
        result = subprocess.run([name, *args], env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=60)
        if result.returncode != 0:
            raise CannotStart(f"{name}: exit {result.returncode}: {result.stderr.strip()}")
        self.wait(pid_file.exists, f"{name} to start", 20)

    def call(self, *args):
        return subprocess.run(args, env=self.env, capture_output=True, text=True, check=True, timeout=60).stdout

    def wait(self, condition, what, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise CannotStart(f"waited {seconds} s in vain for {what}")
            time.sleep(0.1)

    def logs(self):
        return "\n".join(f"{path.name}: {line}" for path in sorted(self.folder.glob("*.log"))
                         for line in path.read_text(errors="replace").splitlines()[-8:])

    def stop(self):
        """By the pids that the daemons wrote."""
        for pid_file in reversed(self.started):
            try:
                pid = int(pid_file.read_text())
                os.kill(pid, 15)
                for _ in range(100):
                    if not pathlib.Path(f"/proc/{pid}").exists() or " Z " in pathlib.Path(f"/proc/{pid}/stat").read_text():
                        break
                    time.sleep(0.05)
                else:
                    os.kill(pid, 9)
            except (FileNotFoundError, ProcessLookupError, ValueError):
                pass
        self.started = []


def main():
    """Whether one can start here; if not, why."""
    with tempfile.TemporaryDirectory() as folder:
        slurm = Slurm(folder, dict(os.environ))
        try:
            slurm.start()
        except CannotStart as reason:
            sys.exit(f"Slurm cannot start here: {reason}")
        slurm.stop()


if __name__ == "__main__":
    main()
