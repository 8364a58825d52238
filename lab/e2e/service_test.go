package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/client"
	"callmanager/config"
	"callmanager/lab"
)

// startIn starts a command in a host's namespace, which costs it no right.
func startIn(t *testing.T, h *lab.Host, cmd *exec.Cmd) *program {
	t.Helper()
	var p *program
	inNetns(t, h, func() error {
		p = launch(t, nil, cmd)
		return nil
	})
	return p
}

// TestUnprivileged: a daemon of an ordinary user with CAP_NET_RAW alone does everything; without it, it says what it needs.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{Transmit: config.TransmitXDP})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	const user = 65533 // of no other process
	for _, h := range l.Hosts() {
		if err := os.Chown(h.Dir, user, user); err != nil {
			t.Fatal(err)
		}
	}
	daemon := func(h *lab.Host, caps ...uintptr) *program {
		cmd := command(need(t).daemon, "--config", h.Config())
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Credential: &syscall.Credential{Uid: user, Gid: user}, AmbientCaps: caps,
		}
		return startIn(t, h, cmd)
	}
	daemon(alice).want(1, "CAP_NET_RAW")
	daemons := []*program{daemon(alice, unix.CAP_NET_RAW), daemon(bob, unix.CAP_NET_RAW)}
	for i, h := range l.Hosts() {
		eventually(t, h.Name+" serves", func() error {
			c, err := h.Dial(t.Context())
			if err == nil {
				err = c.Close()
			}
			if err != nil {
				err = fmt.Errorf("%w: %s", err, daemons[i].err.String())
			}
			return err
		})
		var st unix.Stat_t
		if err := unix.Stat(h.Socket(), &st); err != nil || st.Uid != user || st.Mode&0o777 != 0o660 {
			t.Errorf("the socket of %s has owner %d and mode %o, %v; want %d, 660", h.Name, st.Uid, st.Mode&0o777, err, user)
		}
	}
	awaitLinks(t, l)
	wantCapabilities(t, daemons[0].cmd.Process.Pid)
	f := flow(t, alice, bob)
	callee := listening(t, bob, nil)
	cmctl(t, alice, strings.NewReader("no root\n"), "call", "bob").wantOut("")
	callee.wantOut("no root\n")
	f.end()
	link := linkOf(t, dial(t, alice))
	if link.GetReceiveBufferMs() == 0 {
		t.Error("links does not show the receive buffer that was granted")
	}
	if counter(link.GetCounters(), "nic_tx_xdp_frames") == 0 {
		t.Error("no frame left by AF_XDP")
	}
	awaitEmpty(t, alice, bob)
	for _, d := range daemons {
		d.signal(unix.SIGTERM)
		if code := d.wait(); code != 0 {
			t.Errorf("exit code %d after SIGTERM: %s", code, d.err.String())
		}
	}
}

// wantCapabilities checks that a process has CAP_NET_RAW and no other capability.
func wantCapabilities(t *testing.T, pid int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("CapEff:\t%016x\n", 1<<unix.CAP_NET_RAW); !strings.Contains(string(text), want) {
		t.Errorf("the daemon's status lacks %q:\n%s", want, text)
	}
}

// notifications is a socket to which a service reports as to systemd.
type notifications struct {
	path string
	conn *net.UnixConn
	mu   sync.Mutex
	got  []string
}

// listenNotify makes the socket.
func listenNotify(t *testing.T) *notifications {
	t.Helper()
	n := &notifications{path: filepath.Join(t.TempDir(), "notify")}
	var err error
	if n.conn, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: n.path, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.conn.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			k, err := n.conn.Read(buf)
			if err != nil {
				return
			}
			n.mu.Lock()
			n.got = append(n.got, string(buf[:k]))
			n.mu.Unlock()
		}
	}()
	return n
}

// await waits for a report that contains a text, and returns all so far.
func (n *notifications) await(t *testing.T, text string) []string {
	t.Helper()
	var got []string
	eventually(t, "the daemon reports "+text, func() error {
		n.mu.Lock()
		got = append([]string{}, n.got...)
		n.mu.Unlock()
		if !strings.Contains(strings.Join(got, "\n"), text) {
			return fmt.Errorf("it has reported %q", got)
		}
		return nil
	})
	return got
}

// TestStop: a daemon with calls that is told to end releases them with a cause, reports to systemd what it does, and exits with 0.
func TestStop(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	n := listenNotify(t)
	cmd := command(need(t).daemon, "--config", alice.Config())
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+n.path, "WATCHDOG_USEC=300000")
	daemon := startIn(t, alice, cmd)
	if got := n.await(t, "READY=1"); got[0] != "READY=1" {
		t.Errorf("the first report is %q, want READY=1", got[0])
	}
	n.await(t, "STATUS=0 of 1 links up")
	n.await(t, "WATCHDOG=1")
	start(t, bob)
	awaitLinks(t, l)
	n.await(t, "STATUS=1 of 1 links up")

	from, to := dial(t, alice), dial(t, bob)
	const calls = 20
	var local, remote []*client.VC
	for i := range calls {
		calling, called := mustConnect(t, from, to, bob, uint8(i), reserve(1e6))
		if i%2 == 0 { // some have sent what is still to be delivered
			if err := sendNumbered(t.Context(), calling, 20); err != nil {
				t.Fatal(err)
			}
		}
		local, remote = append(local, calling), append(remote, called)
	}
	n.await(t, fmt.Sprintf("%d calls", calls))
	began := time.Now()
	daemon.signal(unix.SIGTERM)
	<-from.Closing() // the daemon's own client is told before its calls end, and closes them
	for i, v := range remote {
		<-v.Released()
		e, ok := errors.AsType[*client.Error](v.Err())
		if !ok || e.Cause.Value != 27 {
			t.Errorf("call %d of the peer's client ended with %v, want cause 27", i, v.Err())
		}
		want := 20 * ((i + 1) % 2)
		if got, err := receiveNumbered(t.Context(), v); got != want || err != nil {
			t.Errorf("call %d: %d of %d SDUs arrived, %v", i, got, want, err)
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	for i, v := range local {
		<-v.Released()
		if v.Err() == nil {
			t.Errorf("call %d of the daemon's own client ended without a reason", i)
		}
	}
	if code := daemon.wait(); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0: %s", code, daemon.err.String())
	}
	if d := time.Since(began); d > 12*time.Second {
		t.Errorf("the daemon took %s to end", d)
	}
	if got := n.await(t, "STOPPING=1"); got[len(got)-1] != "STOPPING=1" {
		t.Errorf("the last report is %q, want STOPPING=1", got[len(got)-1])
	}
	<-from.Done()
	if err := from.Err(); !errors.Is(err, client.ErrDisconnected) || !strings.Contains(err.Error(), "daemon") {
		t.Errorf("the daemon's own client is told %v", err)
	}
	b := dial(t, bob)
	awaitLink(t, b, "establishing", "")
	if tab, err := tablesOf(t.Context(), b); err != nil || tab.VCs != 0 || tab.Calls != 0 || tab.Reserved != 0 {
		t.Errorf("bob still has %+v, %v", tab, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := b.Call(ctx, alice.Address, nil); err == nil {
		t.Error("a call to a host without a daemon succeeds")
	}
}
