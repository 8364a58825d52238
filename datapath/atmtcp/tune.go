package atmtcp

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// gone is how long a peer may leave what was sent unacknowledged.
	gone = 15 * time.Second
	// notSent is how many octets TCP may hold that it has not sent yet.
	notSent = 128 << 10
)

// tune has TCP notice a peer that is gone, and hold little in front of the signalling. A kernel that
// knows an option not does without.
func tune(c net.Conn) {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	_ = t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: gone / 3, Interval: gone / 3, Count: 2})
	raw, err := t.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(gone.Milliseconds()))
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, notSent)
	})
}
