"""The memory of this process. Imports next to nothing, since that would count."""

import sys


def peak() -> int:
    """Return the most bytes of memory that the process has had.

    `ru_maxrss` is a last resort: in what `vfork` makes it begins with the peak of the process that did.
    """
    if sys.platform == "linux":
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123  # pathlib is an import
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) << 10
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def forget_peak() -> int:
    """Let the peak begin anew, where the system can do that, and return what it is now."""
    if sys.platform == "linux":
        with open("/proc/self/clear_refs", "w", encoding="ascii") as references:  # noqa: PTH123  # the same
            references.write("5")
    return peak()
