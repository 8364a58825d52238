package nicio

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// rxCounters are written by the receiving goroutine, once a batch and counter.
type rxCounters struct {
	frames, xdp, octets, batches            atomic.Uint64
	otherHost, group, loop, truncated, runt atomic.Uint64
	down, errors                            atomic.Uint64
	_                                       [40]byte // txCounters start on another pair of lines.
}

// txCounters are written by the transmitting goroutine, once a batch and counter.
type txCounters struct {
	frames, xdp, octets, batches                      atomic.Uint64
	down, absent, oversize, invalid, noBuffer, errors atomic.Uint64
	retryDown, retryNoBuffer, busy, partial           atomic.Uint64
	_                                                 [16]byte
}

// kernelCounters accumulate what PACKET_STATISTICS returns and resets, and what AF_XDP sockets that are gone have
// received; any goroutine adds. Nobody sees the sums while what one has read is not added yet.
type kernelCounters struct {
	mu                       sync.Mutex
	queued, overrun, starved uint64
	from                     *xdpHalf // What receives by AF_XDP now, and adds to them; nil: nothing.
	rebinds                  atomic.Uint64
}

// taken returns how many frames were read.
func (c *rxCounters) taken() uint64 {
	var s Stats
	c.put(&s)
	return s.RxFrames + s.RxRefused()
}

func (c *rxCounters) put(s *Stats) {
	s.RxFrames = c.frames.Load()
	s.RxXDP = c.xdp.Load()
	s.RxOctets = c.octets.Load()
	s.RxBatches = c.batches.Load()
	s.RxOtherHost = c.otherHost.Load()
	s.RxGroup = c.group.Load()
	s.RxLoop = c.loop.Load()
	s.RxTruncated = c.truncated.Load()
	s.RxRunt = c.runt.Load()
	s.RxDown = c.down.Load()
	s.RxErrors = c.errors.Load()
}

func (c *txCounters) put(s *Stats) {
	s.TxFrames = c.frames.Load()
	s.TxXDP = c.xdp.Load()
	s.TxOctets = c.octets.Load()
	s.TxBatches = c.batches.Load()
	s.TxDown = c.down.Load()
	s.TxAbsent = c.absent.Load()
	s.TxOversize = c.oversize.Load()
	s.TxInvalid = c.invalid.Load()
	s.TxNoBuffer = c.noBuffer.Load()
	s.TxErrors = c.errors.Load()
	s.TxRetryDown = c.retryDown.Load()
	s.TxRetryNoBuffer = c.retryNoBuffer.Load()
	s.TxBusy = c.busy.Load()
	s.TxPartial = c.partial.Load()
}

func (c *kernelCounters) put(s *Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.RxQueued, s.RxOverrun, s.RxStarved = c.queued, c.overrun, c.starved
	if x := c.from; x != nil {
		lost, starved := x.sock.Losses()
		s.RxQueued += x.sock.Arrived()
		s.RxOverrun += lost
		s.RxStarved += starved
	}
	s.Rebinds = c.rebinds.Load()
}

// take adds the kernel's counters of a socket, which reading sets to zero.
func (c *kernelCounters) take(fd int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return
	}
	c.queued += uint64(s.Packets - s.Drops) // Packets includes Drops.
	c.overrun += uint64(s.Drops)
}
