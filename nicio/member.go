package nicio

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A Member is a port of a [Fanout]. It sends by a socket of its own, which is in no group and is bound again as
// that of a [PacketPort] is, and receives by others: one, and for a moment more when the NIC was created anew.
type Member struct {
	fanout *Fanout
	tx     *PacketPort // Whose life, address and wake-ups are the member's.

	fd    int         // Of the first socket of ears, -1 without; the receiving goroutine's.
	later atomic.Bool // There is another one behind it.

	mu   sync.Mutex // Guards the next, which the receiving goroutine takes from the front.
	ears []*descriptor

	_      [128]byte
	rx     receiver
	_      [128]byte
	kernel kernelCounters
}

var _ Port = (*Member)(nil)

func newMember(f *Fanout, i int) (*Member, error) {
	cfg := f.cfg
	cfg.TransmitOnly, cfg.Receive = true, PathPacket
	cfg.Filter = rejectAll()
	cfg.Queue += i
	tx, err := Open(cfg)
	if err != nil {
		return nil, err
	}
	m := &Member{fanout: f, tx: tx, fd: -1}
	m.rx.init(-1, tx.readWake, cfg.Spin)
	return m, nil
}

// listen has the member receive from one more socket, once it has read the others.
func (m *Member) listen(s *descriptor) {
	m.mu.Lock()
	m.ears = append(m.ears, s)
	m.mu.Unlock()
	m.later.Store(true)
	m.tx.readWake.set()
}

// newest returns the socket that receives now. There is one.
func (m *Member) newest() *descriptor {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ears[len(m.ears)-1]
}

// advance goes on to the next socket. What the one before had is read, and nothing comes to it any more.
func (m *Member) advance() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fd >= 0 {
		m.kernel.take(m.ears[0].fd)
		m.ears[0].close()
		m.ears = m.ears[1:]
	}
	m.fd = m.ears[0].fd
	m.later.Store(len(m.ears) > 1)
	m.rx.sleep.fds[0].Fd = int32(m.fd) //nolint:gosec // a descriptor
}

// ReadBatch implements [Port].
func (m *Member) ReadBatch(frames []RxFrame) (int, error) {
	if !m.tx.sock.enter() {
		return 0, m.tx.closedError("read")
	}
	defer m.tx.sock.leave()
	if len(frames) == 0 {
		return 0, nil
	}
	for {
		later := m.later.Load() // Before the look: what is empty then stays so.
		if m.fd < 0 && !later {
			return 0, nil
		}
		n, empty, err := 0, true, error(nil)
		if m.fd >= 0 {
			n, empty, err = m.rx.read(m.fd, frames, m.tx.own.Load())
		}
		switch {
		case err != nil:
			return 0, fmt.Errorf("nicio: port on %s: read: %w", m.tx.cfg.Interface, err)
		case !empty || !later:
			return n, nil
		}
		m.advance()
	}
}

// WriteBatch implements [Port].
func (m *Member) WriteBatch(frames []TxFrame) (int, error) { return m.tx.WriteBatch(frames) }

// WaitRead implements [Port].
func (m *Member) WaitRead(timeout time.Duration) error {
	if m.later.Load() {
		timeout = 0
	}
	return m.tx.wait("wait for frames", m.rx.wake, &m.rx.sleep, m.rx.patience(), timeout)
}

// WaitWrite implements [Port].
func (m *Member) WaitWrite(timeout time.Duration) error { return m.tx.WaitWrite(timeout) }

// Unsent implements [Port].
func (m *Member) Unsent() int { return m.tx.Unsent() }

// Wake implements [Port].
func (m *Member) Wake() { m.tx.Wake() }

// MAC implements [Port].
func (m *Member) MAC() MAC { return m.tx.MAC() }

// Rebind binds the member's transmit socket as [PacketPort.Rebind] does, and has all members of its fanout join
// a group on the interface that has the name now.
func (m *Member) Rebind() error {
	if err := m.tx.Rebind(); err != nil {
		m.fanout.mu.Lock()
		defer m.fanout.mu.Unlock()
		m.fanout.mute()
		return err
	}
	return m.fanout.rebind()
}

// Transmit says how the member's frames leave, as [PacketPort.Transmit] does.
func (m *Member) Transmit() (Path, error) { return m.tx.Transmit() }

// Receive says how the member's frames arrive, as [PacketPort.Receive] does: by AF_PACKET alone.
func (m *Member) Receive() (Path, error) {
	if m.fanout.cfg.hears() && m.fanout.members[0].tx.Bound() {
		return PathPacket, fmt.Errorf("%d workers share what %s receives, which AF_XDP cannot deal out by label; write workers = 1 below "+
			"[daemon] to receive by it: %w", len(m.fanout.members), m.fanout.cfg.Interface, unix.EOPNOTSUPP)
	}
	return PathPacket, nil
}

// Buffers returns the queues granted so far to each member.
func (m *Member) Buffers() Buffers {
	m.fanout.mu.Lock()
	defer m.fanout.mu.Unlock()
	b := m.fanout.buffers
	b.Send = m.tx.Buffers().Send
	return b
}

// Stats implements [Port]. What it says of the receive queue is that of the member's own.
func (m *Member) Stats() Stats {
	s := m.tx.Stats()
	m.rx.count.put(&s)
	m.mu.Lock()
	for _, e := range m.ears {
		m.kernel.take(e.fd)
	}
	m.mu.Unlock()
	rebinds := s.Rebinds
	m.kernel.put(&s)
	s.Rebinds = rebinds
	return s
}

// Pending returns how many frames wait for the member, as [PacketPort.Pending] does.
func (m *Member) Pending() int {
	s := m.Stats()
	return s.unread()
}

// Close implements [Port]. The other members go on; what is dealt out to this one is lost.
func (m *Member) Close() error {
	m.fanout.mu.Lock()
	m.fanout.closed = true // A group without it would deal out differently.
	m.fanout.mu.Unlock()
	err := m.tx.Close() // From its return on nobody is inside.
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.ears {
		m.kernel.take(e.fd)
		e.close()
	}
	m.ears = nil
	return err
}
