package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/config"
	"callmanager/lab"
)

// tellByCall makes a call that carries a text.
func tellByCall(t *testing.T, from, to *lab.Host, text string) {
	t.Helper()
	callee := listening(t, to, nil)
	cmctl(t, from, strings.NewReader(text), "call", to.Name).wantOut("")
	callee.wantOut(text)
}

// wantInLog awaits that the log of a host's daemon has all of these.
func wantInLog(t *testing.T, h *lab.Host, parts ...string) {
	t.Helper()
	eventually(t, "a line in the log", func() error {
		b, err := os.ReadFile(h.Log())
		for _, part := range parts {
			if !strings.Contains(string(b), part) {
				err = errors.Join(err, fmt.Errorf("the log of %s lacks %q:\n%s", h.Name, part, b))
			}
		}
		return err
	})
}

// TestTransmitByXDP makes a call between daemons that transmit by AF_XDP, and says so; with an MTU
// beyond a page they go on by AF_PACKET, and say why.
func TestTransmitByXDP(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Transmit: config.TransmitXDP})
	call := func(text string) { tellByCall(t, alice, bob, text) }
	wantLog := func(h *lab.Host, parts ...string) { wantInLog(t, h, parts...) }
	watch := dial(t, alice)
	frames := func() uint64 { return counter(linkOf(t, watch).GetCounters(), "nic_tx_xdp_frames") }
	wantLog(alice, "data leaves by xdp")
	call("straight to the NIC\n")
	before := frames()
	if before == 0 {
		t.Error("no frame left by AF_XDP")
	}
	for _, h := range []*lab.Host{alice, bob} {
		ip(t, h, "link", "set", "eth0", "mtu", "9000")
		wantLog(h, "data leaves by packet", "do not fit a page")
	}
	call("through the queue\n")
	if after := frames(); after != before {
		t.Errorf("%d frames left by AF_XDP", after-before)
	}
	awaitEmpty(t, alice, bob)
}

// TestReceiveByXDP makes calls between daemons that receive by AF_XDP, with and without transmitting so: they say so, the
// host's other traffic passes, and a daemon that is killed leaves no program behind. With an MTU that is too large they go
// on by AF_PACKET, and say what to do.
func TestReceiveByXDP(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]config.Transmit{"alone": config.TransmitPacket, "both ways": config.TransmitXDP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := up(t, lab.Config{Receive: config.ReceiveXDP, Transmit: out})
			alice, bob := l.Hosts()[0], l.Hosts()[1]
			watch := dial(t, bob)
			frames := func() uint64 { return counter(linkOf(t, watch).GetCounters(), "nic_rx_xdp_frames") }
			for _, h := range l.Hosts() {
				wantInLog(t, h, "data comes by xdp")
				wantProgram(t, h, true)
			}
			tellByCall(t, alice, bob, "straight off the NIC\n")
			before := frames()
			if before == 0 {
				t.Error("no frame came by AF_XDP")
			}
			wantTCP(t, alice, bob)
			if after := frames(); after != before {
				t.Errorf("%d frames of another protocol came by AF_XDP", after-before)
			}
			for _, h := range l.Hosts() {
				ip(t, h, "link", "set", "eth0", "mtu", "9000")
				wantInLog(t, h, "data comes by packet", "write receive =")
				wantProgram(t, h, false)
			}
			tellByCall(t, alice, bob, "through the stack\n")
			if after := frames(); after != before {
				t.Errorf("%d frames came by AF_XDP", after-before)
			}
			for _, h := range l.Hosts() {
				ip(t, h, "link", "set", "eth0", "mtu", "1500")
				wantProgram(t, h, true)
			}
			tellByCall(t, bob, alice, "and back\n")
			awaitEmpty(t, alice, bob)
			kill(t, bob)
			wantProgram(t, bob, false)
			start(t, bob)
			awaitLinks(t, l)
			wantProgram(t, bob, true)
			tellByCall(t, alice, bob, "again\n")
			awaitEmpty(t, alice, bob)
		})
	}
}

// wantProgram awaits that the NIC of a host has an XDP program, or has none.
func wantProgram(t *testing.T, h *lab.Host, want bool) {
	t.Helper()
	eventually(t, fmt.Sprintf("an XDP program on the NIC of %s: %v", h.Name, want), func() error {
		out, err := exec.CommandContext(t.Context(), "ip", "-n", h.Netns, "link", "show", h.Interface).CombinedOutput()
		if err == nil && strings.Contains(string(out), "xdp") != want {
			err = fmt.Errorf("%s", out)
		}
		return err
	})
}

// wantTCP has two hosts talk by TCP over the NICs of their link, which takes ARP as well.
func wantTCP(t *testing.T, client, server *lab.Host) {
	t.Helper()
	ip(t, client, "addr", "add", "192.0.2.1/24", "dev", client.Interface)
	ip(t, server, "addr", "add", "192.0.2.2/24", "dev", server.Interface)
	var listener net.Listener
	inNetns(t, server, func() (err error) {
		listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "192.0.2.2:0")
		return err
	})
	defer func() { _ = listener.Close() }()
	echoed := make(chan error, 1)
	go func() {
		c, err := listener.Accept()
		if err == nil {
			_, err = io.Copy(c, c)
			err = errors.Join(err, c.Close())
		}
		echoed <- err
	}()
	inNetns(t, client, func() error {
		// A dial of package net is on another thread, in another namespace.
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		file := os.NewFile(uintptr(fd), "tcp")
		defer func() { _ = file.Close() }()
		port := listener.Addr().(*net.TCPAddr).Port
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{192, 0, 2, 2}}); err != nil {
			return err
		}
		text := strings.Repeat("host to host\n", 5000)
		wrote := make(chan error, 1)
		go func() {
			_, err := file.WriteString(text)
			wrote <- errors.Join(err, unix.Shutdown(fd, unix.SHUT_WR))
		}()
		back, err := io.ReadAll(file)
		if err == nil && string(back) != text {
			err = fmt.Errorf("%d of %d octets came back", len(back), len(text))
		}
		return errors.Join(err, <-wrote)
	})
	if err := <-echoed; err != nil {
		t.Error(err)
	}
}
