"""Lets pip tell an index of the system without starting ten processes to know it."""


def name_system_by_its_files():
    """Leave /etc/os-release, which every system of today has, to say what system this is.

    pip asks `lsb_release` and `uname` besides, each time it starts, for one of its headers.
    """
    from pip._vendor import distro

    files_alone = distro.LinuxDistribution(include_lsb=False, include_uname=False)
    distro.distro._distro = files_alone
