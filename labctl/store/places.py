"""Checks of the folder: a local disk, with enough free space."""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import StoreError

_NETWORK = re.compile(
    r"^(nfs\d?|cifs|smb\w*|ncpfs|afs|9p|ceph|lustre|glusterfs|gfs2?|ocfs2|davfs\d?|vboxsf|vmhgfs"
    r"|fuse\.(sshfs|rclone|davfs\d?|glusterfs|ceph\S*|s3fs|gvfsd-fuse|onedriver|google-drive\S*))$"
)
_MB = 1e6


@dataclass(frozen=True)
class SpaceRule:
    """Free disk space required, in bytes.

    Attributes
    ----------
    before_run : int
        Below this no run begins.
    during_run : int
        Below this a run is asked to end, while there is still room to record its end.
    """

    before_run: int = 256 * 2**20
    during_run: int = 32 * 2**20

    def check_before_run(self, path: Path) -> None:
        """Raise `StoreError` if there is too little space for a run."""
        free = shutil.disk_usage(path.parent).free
        if free < self.before_run:
            raise StoreError(
                f"{path}: {free / _MB:.0f} MB free on this disk, a run needs {self.before_run / _MB:.0f} MB"
            )

    def shortage(self, path: Path) -> StoreError | None:
        """The error for a run if the disk is nearly full; None while there is enough space."""
        try:
            free = shutil.disk_usage(path.parent).free
        except OSError:
            return None
        if free >= self.during_run:
            return None
        return StoreError(f"{path}: the disk is nearly full, {free / _MB:.1f} MB free: the run must end now")


def refuse_network_share(path: Path) -> None:
    """Raise `StoreError` for a file on another computer.

    WAL needs shared memory, and locks on network file systems are unreliable: two programs would damage the
    file (https://www.sqlite.org/wal.html, https://www.sqlite.org/howtocorrupt.html).
    """
    if kind := network_kind(path):
        raise StoreError(
            f"{path}: this folder is on another computer ({kind}), where SQLite's locks do not hold and a "
            "dropped connection can spoil the file; keep it on a disk of this computer and copy it with "
            "`labctl db backup`"
        )


def network_kind(path: Path) -> str | None:
    """The kind of network file system that holds the path; None for a local disk."""
    if sys.platform == "win32":
        return _windows_network_kind(path)
    try:
        mounts = Path("/proc/self/mounts").read_text()
    except OSError:
        return None
    kind = file_system(path.resolve(), mounts)
    return kind if _NETWORK.match(kind) else None


def file_system(path: Path, mounts: str) -> str:
    """Type of the file system that holds the absolute path, from the text of /proc/self/mounts."""
    found, kind = -1, ""
    for line in mounts.splitlines():
        _, point, this_kind, *_ = line.split()
        folder = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), point)
        if path.is_relative_to(folder) and len(folder) >= found:
            found, kind = len(folder), this_kind
    return kind


def _windows_network_kind(path: Path) -> str | None:
    if sys.platform != "win32":
        return None
    import ctypes

    remote = 4
    drive = os.path.splitdrive(path.resolve())[0]
    if drive.startswith("\\\\"):
        return "network share"
    return "network drive" if ctypes.windll.kernel32.GetDriveTypeW(drive + "\\") == remote else None
