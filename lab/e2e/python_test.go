package e2e_test

import (
	"bytes"
	"context"
	"crypto/sha3"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/client"
	"callmanager/lab"
	"callmanager/vc"
)

// pythonDir is where the client in Python lies.
const pythonDir = "../../api/python"

// interpreter finds a Python that has protobuf: Debian's before another in PATH.
var interpreter = sync.OnceValues(func() (string, error) {
	var err error
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		var path string
		if path, err = exec.LookPath(name); err == nil {
			err = exec.Command(path, "-c", "import google.protobuf").Run()
		}
		if err == nil {
			return path, nil
		}
	}
	return "", err
})

// python starts a Python program at a host's daemon.
func python(tb testing.TB, h *lab.Host, in io.Reader, args ...string) *program {
	tb.Helper()
	need(tb)
	path, err := interpreter()
	if err != nil {
		tb.Skip("needs Python 3 with protobuf (Debian package python3-protobuf): ", err)
	}
	if runtime.GOARCH != "amd64" {
		tb.Skip("the client in Python works on x86-64 only")
	}
	cmd := exec.Command(path, args...)
	dir, err := filepath.Abs(pythonDir)
	if err != nil {
		tb.Fatal(err)
	}
	cmd.Env = append(os.Environ(), lab.SocketEnv+"="+h.Socket(), "PYTHONPATH="+dir, "PYTHONDONTWRITEBYTECODE=1")
	return launch(tb, in, cmd)
}

// cmdclient starts the command line of the client in Python.
func cmdclient(tb testing.TB, h *lab.Host, in io.Reader, args ...string) *program {
	tb.Helper()
	return python(tb, h, in, append([]string{"-m", "cmdclient"}, args...)...)
}

// exchange starts the example that exchanges SDUs.
func exchange(tb testing.TB, h *lab.Host, args ...string) *program {
	tb.Helper()
	return python(tb, h, nil, append([]string{filepath.Join(pythonDir, "examples", "exchange.py")}, args...)...)
}

// awaitExchange waits for the end of an exchange, which takes a busy machine longer than anything else here.
func awaitExchange(tb testing.TB, p *program) {
	tb.Helper()
	const long = 4 * patience
	within(tb, long, "the exchange", func() error {
		select {
		case <-p.done:
			return nil
		default:
			return errors.New("it goes on: " + p.err.String())
		}
	})
	p.want(0)
}

// awaitSAP waits until a program has registered a SAP at a daemon that had none.
func awaitSAP(tb testing.TB, h *lab.Host, p *program) {
	tb.Helper()
	c := dial(tb, h)
	defer func() { _ = c.Close() }()
	eventually(tb, "a SAP", func() error {
		saps, err := c.SAPs(tb.Context())
		if err == nil && len(saps) == 0 {
			err = fmt.Errorf("none yet: %s", p.err.String())
		}
		return err
	})
}

// exchanged is how many SDUs go each way, and exchangedLargest how large they get.
const (
	exchanged        = 10_000
	exchangedLargest = 1400
	exchangeWindow   = 128
)

// exchangedSDU returns SDU number i of a side, as the example in Python makes it.
func exchangedSDU(way string, i int) client.SDU {
	h := sha3.NewSHAKE128()
	_, _ = fmt.Fprintf(h, "%s %d", way, i)
	var size [4]byte
	_, _ = h.Read(size[:])
	n := 1 + int(binary.BigEndian.Uint32(size[:])%exchangedLargest)
	// The octets are the digest from its beginning.
	p := append(size[:], make([]byte, max(0, n-len(size)))...)[:n]
	if n > len(size) {
		_, _ = h.Read(p[len(size):])
	}
	return client.SDU{Payload: p, UU: uint8(i & 1), CLP: i&2 != 0}
}

// exchangeOn is what the example does, in Go.
func exchangeOn(ctx context.Context, v *client.VC, mine, other string, count int) error {
	buf := make([]byte, v.MaxReceive())
	for sent, received := 0, 0; sent < count || received < count; {
		if sent < count && sent-received < exchangeWindow {
			if err := v.Send(ctx, exchangedSDU(mine, sent)); err != nil {
				return fmt.Errorf("send SDU %d: %w", sent, err)
			}
			sent++
			continue
		}
		got, err := v.Recv(ctx, buf)
		if err != nil {
			return fmt.Errorf("receive SDU %d: %w", received, err)
		}
		if want := exchangedSDU(other, received); !bytes.Equal(got.Payload, want.Payload) || got.UU != want.UU || got.CLP != want.CLP {
			return fmt.Errorf("SDU %d has come as another: %d octets, UU %d, CLP %v; want %d, %d, %v",
				received, len(got.Payload), got.UU, got.CLP, len(want.Payload), want.UU, want.CLP)
		}
		received++
	}
	return nil
}

// TestPythonExchange: the client in Python and the library in Go exchange SDUs of random sizes, both ways at
// once, each as caller and as called side; every octet, the order and the flags arrive.
func TestPythonExchange(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	count := strconv.Itoa(exchanged)
	done := fmt.Sprintf("%d SDUs each way", exchanged)
	for _, minors := range [][2]string{{"0", "1"}, {"1", "0"}} {
		t.Run("Python calls Python, minors "+minors[0]+" and "+minors[1], func(t *testing.T) {
			called := exchange(t, bob, "--count", count, "--minor", minors[1], "listen")
			awaitSAP(t, bob, called)
			calling := exchange(t, alice, "--count", count, "--minor", minors[0], "call", "bob")
			for _, p := range []*program{calling, called} {
				awaitExchange(t, p)
				if !strings.HasPrefix(p.out.String(), done) {
					t.Errorf("%s: %q, want %q", p.cmd, p.out.String(), done)
				}
			}
			awaitEmpty(t, alice, bob)
		})
	}
	t.Run("Python calls Go", func(t *testing.T) {
		l, err := dial(t, bob).Listen(t.Context(), client.SAP{})
		if err != nil {
			t.Fatal(err)
		}
		calling := exchange(t, alice, "--count", count, "call", "bob")
		o, err := l.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		v, err := o.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := exchangeOn(t.Context(), v, "listen", "call", exchanged); err != nil {
			t.Error(err, calling.err.String())
		}
		awaitExchange(t, calling)
		if n, err := v.Recv(t.Context(), make([]byte, v.MaxReceive())); !errors.Is(err, io.EOF) {
			t.Errorf("behind the last SDU comes %v, %v, want EOF", n, err)
		}
		_, _ = v.Close(), l.Close()
		awaitEmpty(t, alice, bob)
	})
	t.Run("Go calls Python", func(t *testing.T) {
		called := exchange(t, bob, "--count", count, "listen")
		awaitSAP(t, bob, called)
		v, err := dial(t, alice).Call(t.Context(), "bob", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := exchangeOn(t.Context(), v, "call", "listen", exchanged); err != nil {
			t.Error(err, called.err.String())
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		called.want(0)
		awaitEmpty(t, alice, bob)
	})
}

// TestPythonProgram: the command line of the client in Python against cmctl, and what it says of refusals.
func TestPythonProgram(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Capacity: "100Mbit/s"})
	text := strings.Repeat("0123456789abcdef", 5000)
	t.Run("calls cmctl", func(t *testing.T) {
		l := listening(t, bob, nil)
		p := cmdclient(t, alice, strings.NewReader(text), "-v", "call", "--pcr", "20000000", "bob")
		p.want(0, "connected by version 1.1 over", "0 dropped")
		l.wantOut(text)
	})
	t.Run("is called by cmctl", func(t *testing.T) {
		l := cmdclient(t, bob, nil, "listen", "--sel", "a7")
		awaitSAP(t, bob, l)
		cmctl(t, alice, strings.NewReader(text), "call", "--pcr", "20Mbit/s", withSelector(bob, 0xa7)).wantOut("")
		l.wantOut(text)
	})
	t.Run("echoes", func(t *testing.T) {
		l := cmdclient(t, bob, nil, "listen", "--echo")
		awaitSAP(t, bob, l)
		c := cmctl(t, alice, strings.NewReader("ping"), "call", "bob", "--linger", "20s")
		eventually(t, "alice has the echo", func() error { return wantText(&c.out, "ping") })
		c.signal(unix.SIGTERM)
		c.wantOut("ping")
		l.wantOut("")
	})
	t.Run("the called side ends the call", func(t *testing.T) {
		l := cmdclient(t, bob, strings.NewReader("that is all"), "listen", "--send")
		awaitSAP(t, bob, l)
		cmdclient(t, alice, nil, "call", "--read", "bob").wantOut("that is all")
		l.wantOut("")
	})
	t.Run("is refused by cause", func(t *testing.T) {
		l := cmdclient(t, bob, nil, "listen", "--reject", "17")
		awaitSAP(t, bob, l)
		cmdclient(t, alice, nil, "call", "bob").want(1, "MakeCall: NOT_ACCEPTED: user busy (cause 17)")
		l.wantOut("")
		l = cmdclient(t, bob, nil, "listen", "--reject", "17")
		awaitSAP(t, bob, l)
		cmctl(t, alice, nil, "call", "bob").want(1, "user busy (cause 17)")
		l.wantOut("")
	})
	for _, tc := range []struct {
		name string
		args []string
		code int
		text string
	}{
		{"nobody listens", []string{"call", "bob"}, 1, "MakeCall: INVALID_SAP: incompatible destination (cause 88)"},
		{"rate above capacity", []string{"call", "--pcr", "101000000", "bob"}, 1, "CELLRATE_NOT_AVAILABLE: user cell rate not available (cause 37)"},
		{"no such host", []string{"call", "carol"}, 1, "carol"},
		{"own address", []string{"call", alice.Address}, 1, "this host's own address"},
		{"a minor version that it does not speak", []string{"--minor", "7", "status"}, 1, "speaks version 1.0 to 1.1, not 1.7"},
		{"no daemon", []string{"--socket", "/nonexistent/sock", "status"}, 1, "is cmd-daemon running"},
		{"no verb", nil, 2, "usage"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cmdclient(t, alice, nil, tc.args...).want(tc.code, tc.text)
		})
	}
	t.Run("status", func(t *testing.T) {
		p := cmdclient(t, alice, nil, "--minor", "0", "status")
		p.want(0)
		if got := p.out.String(); !strings.Contains(got, "in force 1.0\n") || !strings.Contains(got, "address "+alice.Address) {
			t.Errorf("status %q", got)
		}
	})
	awaitEmpty(t, alice, bob)
}

// TestPythonBackPressure: a program that writes faster than its contract finds its ring full, waits for room, and
// everything arrives in order.
func TestPythonBackPressure(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Capacity: "100Mbit/s"})
	l := listening(t, bob, nil)
	text := strings.Repeat("0123456789abcdef", 1<<20/16) // four times the ring
	p := cmdclient(t, alice, strings.NewReader(text), "-v", "call", "--pcr", "20000000", "--send-ring", strconv.Itoa(256<<10), "bob")
	p.want(0, "0 dropped")
	if strings.Contains(p.err.String(), "full 0 times") {
		t.Error("the ring was never full: ", p.err.String())
	}
	l.want(0)
	if l.out.String() != text {
		t.Errorf("%d octets arrived, want %d; dropped: %s", len(l.out.String()), len(text), drops(t, alice, bob))
	}
	awaitEmpty(t, alice, bob)
}

// slowReader accepts a call, reads nothing until its input ends, and tells then how much is there and how much is lost.
const slowReader = `
import sys, cmdclient
with cmdclient.Connection(sys.argv[1]) as conn:
    conn.listen(receive_ring=1 << 18)
    with conn.accept().accept() as vc:
        sys.stdin.read()
        print(sum(1 for _ in iter(vc.recv, None)), vc.dropped)
`

// TestPythonReadsLate: what finds the ring to the client full is dropped and counted there, and nothing else: what was sent
// is what is read and what was dropped.
func TestPythonReadsLate(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Capacity: "100Mbit/s"})
	in, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = input.Close() }()
	p := python(t, bob, in, "-c", slowReader, bob.Socket())
	_ = in.Close()
	awaitSAP(t, bob, p)
	v, err := dial(t, alice).Call(t.Context(), "bob", reserve(vc.BitRate(50e6)))
	if err != nil {
		t.Fatal(err)
	}
	const sent = 1000
	for i := range sent {
		if err := v.Send(t.Context(), client.SDU{Payload: make([]byte, 1+i%1400)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	_ = input.Close()
	p.want(0)
	var read, dropped int
	if _, err := fmt.Sscan(p.out.String(), &read, &dropped); err != nil {
		t.Fatal(err)
	}
	if read+dropped != sent || dropped == 0 || read == 0 {
		t.Errorf("%d were read and %d dropped of %d; %s", read, dropped, sent, drops(t, alice, bob))
	}
	awaitEmpty(t, alice, bob)
}

// TestPythonInCells: over a link in cell mode the whole user-to-user octet arrives, and SDUs are as large as AAL5
// allows by default.
func TestPythonInCells(t *testing.T) {
	t.Parallel()
	alice, bob := cellPair(t, "")
	l := cmdclient(t, bob, nil, "listen", "--echo")
	awaitSAP(t, bob, l)
	v, err := dial(t, alice).Call(t.Context(), "bob", reserve(vc.BitRate(20e6)))
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, v.MaxReceive())
	for _, uu := range []uint8{0, 1, 0x7F, 0x80, 0xFF} {
		for _, size := range []int{1, 40, 41, v.MaxSend()} {
			want := client.SDU{Payload: bytes.Repeat([]byte{uu, byte(size)}, size)[:size], UU: uu, CLP: size&1 != 0}
			if err := v.Send(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			got, err := v.Recv(t.Context(), buf)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Payload, want.Payload) || got.UU != uu || got.CLP != want.CLP {
				t.Errorf("%d octets with UU %#x, CLP %v came back as %d octets with UU %#x, CLP %v",
					size, uu, want.CLP, len(got.Payload), got.UU, got.CLP)
			}
		}
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	l.wantOut("")
	awaitEmpty(t, alice, bob)
}

// TestPythonKilled: a client in Python that is killed in the middle of a call leaves nothing behind, whichever side
// it is.
func TestPythonKilled(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	watch := dial(t, alice)
	for _, victim := range []string{"caller", "called"} {
		t.Run(victim, func(t *testing.T) {
			called := cmdclient(t, bob, nil, "listen", "--echo")
			awaitSAP(t, bob, called)
			calling := cmdclient(t, alice, zeros(t), "call", "--pcr", "2000000", "bob")
			awaitCalls(t, watch, 1)
			first, second := calling, called
			if victim == "called" {
				first, second = called, calling
			}
			first.signal(unix.SIGKILL)
			second.wait() // its call has been released
			for _, h := range []*lab.Host{alice, bob} {
				c := dial(t, h)
				eventually(t, h.Name+" has no SAP and no ring of it", func() error {
					saps, err := c.SAPs(t.Context())
					if err != nil {
						return err
					}
					s, err := c.Status(t.Context())
					if octets := counter(s.GetCounters(), "ring_octets"); err == nil && len(saps)+int(octets) > 0 {
						err = fmt.Errorf("%d SAPs, %d octets of rings", len(saps), octets)
					}
					return err
				})
				_ = c.Close()
			}
			awaitEmpty(t, alice, bob)
		})
	}
}

// TestPythonDaemonStops: the daemon that ends tells a client in Python so, whatever that is doing; one that dies is
// noticed.
func TestPythonDaemonStops(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		signal unix.Signal
		text   string
	}{
		{"stopped", unix.SIGTERM, "the daemon is stopping"},
		{"killed", unix.SIGKILL, "the daemon is gone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			alice, bob := pair(t, lab.Config{})
			waiting := cmdclient(t, alice, nil, "listen")
			awaitSAP(t, alice, waiting)
			peer := listening(t, bob, openInput(t), "--sel", "05")
			calling := cmdclient(t, alice, nil, "call", "--read", withSelector(bob, 5))
			awaitCalls(t, dial(t, bob), 1)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := alice.StopDaemon(ctx, tc.signal); err != nil {
				t.Fatal(err)
			}
			waiting.want(1, tc.text)
			if calling.wait() != 1 {
				t.Errorf("the caller ends with %d: %q", calling.code, calling.err.String())
			}
			start(t, alice)
			peer.wait()
			awaitEmpty(t, alice, bob)
		})
	}
}
