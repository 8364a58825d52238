package datapath_test

import (
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"callmanager/vc"
)

// A hostileClient maps the rings of its VC and writes what it likes (api/RING.md has the offsets).
type hostileClient struct{ mem []byte }

const (
	offToDaemonTail = 0x200
	offToClientHead = 0x480
)

func mapClient(tb testing.TB, ports vc.Ports) *hostileClient {
	tb.Helper()
	var st unix.Stat_t
	must(tb, unix.Fstat(int(ports.Memory.Fd()), &st))
	m, err := unix.Mmap(int(ports.Memory.Fd()), 0, int(st.Size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	must(tb, err)
	tb.Cleanup(func() {
		must(tb, unix.Munmap(m))
		must(tb, ports.Close())
	})
	return &hostileClient{m}
}

func (c *hostileClient) word(off int) *uint64 {
	// Safety: the mapping is page-aligned and longer than its header of 4096 octets; off is a
	// multiple of 8.
	return (*uint64)(unsafe.Pointer(&c.mem[off]))
}

func (c *hostileClient) setTail(v uint64) { atomic.StoreUint64(c.word(offToDaemonTail), v) }

func (c *hostileClient) setHead(v uint64) { atomic.StoreUint64(c.word(offToClientHead), v) }
