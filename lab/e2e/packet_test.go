package e2e_test

import (
	"encoding/binary"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/lab"
)

// inNetns calls f on a thread in a host's namespace. The thread ends afterwards.
func inNetns(tb testing.TB, h *lab.Host, f func() error) {
	tb.Helper()
	if err := h.Do(f); err != nil {
		tb.Fatal(err)
	}
}

// Protocols of a packet socket in the octet order of the network.
const (
	ethAll  = 0x0300
	ethMPLS = 0x4788
	ethVLAN = 0x8100
)

// packetSocket opens a packet socket on a host's NIC. With protocol 0 it only sends.
func packetSocket(tb testing.TB, h *lab.Host, protocol uint16) (fd int) {
	tb.Helper()
	inNetns(tb, h, func() error {
		nic, err := net.InterfaceByName(h.Interface)
		if err != nil {
			return err
		}
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return os.NewSyscallError("socket", err)
		}
		return os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: nic.Index}))
	})
	tb.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// mac parses an address of the lab.
func mac(tb testing.TB, s string) net.HardwareAddr {
	tb.Helper()
	m, err := net.ParseMAC(s)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// ether makes a frame.
func ether(dst, src net.HardwareAddr, etherType uint16, payload ...[]byte) []byte {
	b := append(append([]byte{}, dst...), src...)
	b = binary.BigEndian.AppendUint16(b, etherType)
	for _, p := range payload {
		b = append(b, p...)
	}
	return b
}

// capture records the frames of a NIC as a capture file does.
type capture struct {
	fd     int
	frames [][]byte
	times  []time.Time
	done   chan struct{}
	stop   func()
}

// startCapture records what passes a host's NIC in both directions until stop is called.
func startCapture(tb testing.TB, h *lab.Host) *capture {
	tb.Helper()
	c := &capture{fd: packetSocket(tb, h, ethAll), done: make(chan struct{})}
	if err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 32<<20); err != nil {
		tb.Fatal(err)
	}
	// The loop looks for the end now and then.
	tv := unix.Timeval{Usec: 20000}
	if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		tb.Fatal(err)
	}
	stop := make(chan struct{})
	go func() {
		defer close(c.done)
		buf := make([]byte, 1<<16)
		for {
			n, _, err := unix.Recvfrom(c.fd, buf, 0)
			if err == nil {
				c.frames, c.times = append(c.frames, append([]byte{}, buf[:n]...)), append(c.times, time.Now())
				continue
			}
			select {
			case <-stop: // and the socket was empty
				return
			default:
			}
		}
	}()
	c.stop = sync.OnceFunc(func() {
		close(stop)
		<-c.done
	})
	tb.Cleanup(c.stop)
	return c
}
