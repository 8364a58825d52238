package ring

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// seals are what a file must have before it leaves the daemon: its size is fixed for ever.
const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// createFile returns a sealed memfd of so many octets.
func createFile(octets uint64) (fd int, err error) {
	fd, err = unix.MemfdCreate("cmd-ring", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // Linux before 6.3 does not know MFD_NOEXEC_SEAL.
		fd, err = unix.MemfdCreate("cmd-ring", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return -1, os.NewSyscallError("memfd_create", err)
	}
	if err = unix.Ftruncate(fd, int64(octets)); err != nil {
		_ = unix.Close(fd)
		return -1, os.NewSyscallError("ftruncate", err)
	}
	if _, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		_ = unix.Close(fd)
		return -1, os.NewSyscallError("fcntl", err)
	}
	return fd, nil
}

// checkFile checks that a file's size is sealed, and returns it.
func checkFile(fd int) (octets uint64, err error) {
	got, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil {
		return 0, os.NewSyscallError("fcntl", err)
	}
	if got&(unix.F_SEAL_SHRINK|unix.F_SEAL_GROW) != unix.F_SEAL_SHRINK|unix.F_SEAL_GROW {
		return 0, fmt.Errorf("file is not sealed against resizing: seals %#x", got)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, os.NewSyscallError("fstat", err)
	}
	if least, most := int64(headerOctets+2*pageOctets), int64(headerOctets+2*MaxSize); st.Size < least || st.Size > most {
		return 0, fmt.Errorf("file of %d octets, want %d to %d", st.Size, least, most)
	}
	return uint64(st.Size), nil
}

// mapFile maps a whole file for reading and writing.
func mapFile(fd int, octets uint64) ([]byte, error) {
	b, err := unix.Mmap(fd, 0, int(octets), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	return b, nil
}

// punchMapping gives all pages of a mapped file back to the kernel, as fallocate(FALLOC_FL_PUNCH_HOLE) does, but
// without the descriptor, which is closed long since.
func punchMapping(b []byte) error {
	return os.NewSyscallError("madvise", unix.Madvise(b, unix.MADV_REMOVE))
}
