# Cuts the power of a file system: for each line of standard input, flags and a folder of it, one FS_IOC_SHUTDOWN.
# Answers the time right before the call, in nanoseconds of CLOCK_MONOTONIC, or what failed.
import fcntl
import os
import struct
import sys
import time

FS_IOC_SHUTDOWN = 0x8004587D

for line in sys.stdin:
    flags, folder = line.rstrip("\n").split(" ", 1)
    try:
        file = os.open(folder, os.O_RDONLY)
        argument = struct.pack("I", int(flags))
        began = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        fcntl.ioctl(file, FS_IOC_SHUTDOWN, argument)
        os.close(file)
        print(began, flush=True)
    except OSError as error:
        print(error, flush=True)
