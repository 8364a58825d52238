package udpcell

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/datapath/carrier"
)

const (
	// MaxSDU is the largest SDU of a link in octets.
	MaxSDU = 65528

	// Pause is how long a transport waits before it tries again to bind its socket.
	Pause = time.Second

	// socketBuffer is what the socket is asked to hold of what comes, in octets.
	socketBuffer = 4 << 20
)

// Config says where the two ends are.
type Config struct {
	// Local is the address and port that cells come to, and leave from.
	Local netip.AddrPort
	// Peer is where cells go to, and the only one that they are taken from.
	Peer netip.AddrPort
	// AnyCRC accepts PDUs whose CRC is wrong, as dynamips makes them.
	AnyCRC bool

	buffer int // Octets of the socket's buffer; 0 means socketBuffer.
}

// A Transport is a link of cells over UDP. It implements [datapath.Transport], and is up while it has
// its socket.
type Transport struct {
	carrier.EngineSide

	cfg   Config
	link  *carrier.Link
	join  *joiner // The socket's reader's alone.
	count counters
}

var _ datapath.Transport = (*Transport)(nil)

// New makes a transport that does nothing yet. It is an error if an address is missing, or if the two
// are not of one family.
func New(cfg Config) (*Transport, error) {
	if !cfg.Local.IsValid() || !cfg.Peer.IsValid() || cfg.Peer.Port() == 0 {
		return nil, errors.New("udpcell: want the addresses and ports of both ends")
	}
	if cfg.Local.Addr().Unmap().Is4() != cfg.Peer.Addr().Unmap().Is4() {
		return nil, fmt.Errorf("udpcell: %s cannot reach %s", cfg.Local, cfg.Peer)
	}
	t := &Transport{cfg: cfg, join: newJoiner(cfg.AnyCRC)}
	t.link = carrier.New(carrier.Config{Name: "udpcell", MaxSDU: MaxSDU, UserBits: 0xFF, Reason: "not started", Encode: encode, Run: t.runSocket})
	t.EngineSide = t.link.EngineSide()
	return t, nil
}

// runSocket has a socket, and another one when that fails, until the transport is closed.
func (t *Transport) runSocket() {
	for t.link.Context().Err() == nil {
		sock, err := t.bind()
		if err == nil {
			err = t.serve(sock)
		}
		if t.link.Context().Err() != nil {
			return
		}
		t.count.failures.Add(1)
		t.link.Down(fmt.Sprintf("no socket on %s: %v; next attempt after %v", t.cfg.Local, err, Pause))
		if !t.link.Pause(Pause) {
			return
		}
	}
}

// bind opens the socket. It is not connected: the kernel would drop what others send, uncounted.
func (t *Transport) bind() (*net.UDPConn, error) {
	var lc net.ListenConfig
	c, err := lc.ListenPacket(t.link.Context(), "udp", t.cfg.Local.String())
	if err != nil {
		return nil, err
	}
	sock, ok := c.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(errors.New("no UDP"), c.Close())
	}
	enlarge(sock, cmp.Or(t.cfg.buffer, socketBuffer))
	return sock, nil
}

// enlarge asks for a large buffer of what comes: beyond the host's limit with CAP_NET_ADMIN, else as
// much as the kernel grants. A cell takes fifteen times its size there. What the socket drops for
// want of it, it is to tell.
func enlarge(sock *net.UDPConn, octets int) {
	refused := errors.New("not asked")
	if raw, err := sock.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			refused = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, octets)
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
		})
	}
	if refused != nil {
		_ = sock.SetReadBuffer(octets)
	}
}

// serve moves cells until the socket fails or the transport is closed.
func (t *Transport) serve(sock *net.UDPConn) error {
	ended, end := context.WithCancel(t.link.Context())
	var workers sync.WaitGroup
	workers.Go(func() {
		<-ended.Done()
		_ = sock.Close()
	})
	t.link.Up()
	workers.Go(func() { t.runWriter(ended, sock) })
	err := t.read(sock)
	end()
	workers.Wait()
	t.count.unsent.Add(uint64(t.link.Drop()))
	return err
}

// read takes datagrams until the socket fails.
func (t *Transport) read(sock *net.UDPConn) error {
	var b [128]byte // Longer than a cell, to tell those that are.
	var control [64]byte
	var lost uint32
	for {
		n, m, _, from, err := sock.ReadMsgUDPAddrPort(b[:], control[:])
		if err != nil {
			return err
		}
		// The one message that was asked for: how many datagrams the socket has dropped, modulo 2^32.
		if at := unix.CmsgLen(0); m >= at+4 {
			total := binary.NativeEndian.Uint32(control[at:])
			t.count.overrun.Add(uint64(total - lost))
			lost = total
		}
		t.receive(b[:n], from, now())
	}
}
