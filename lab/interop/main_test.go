package interop_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/lab"
	"callmanager/lab/interop"
)

// imageEnv names the directory with the guest's image. `make interop` sets it.
const imageEnv = "INTEROP_IMAGE"

// The addresses of the daemon and of the guest.
const (
	ours   = "47.0005.80ffe1000000f21a2eed.0020ea000bbb.00"
	theirs = "47.0005.80ffe1000000f21a2eed.0020ea000aaa.00"
)

// patience is how long a test waits for what must come, on a busy machine with an emulated peer.
const patience = 60 * time.Second

// rig is the guest and what is built for it.
type rig struct {
	guest *interop.Guest
	host  *lab.Host
	cmctl string
	dir   string
	// session counts the connections of atmtcp: each takes a TCP port that none had before, since the
	// guest's program waits for the remains of the last one otherwise.
	session int
}

// boot makes a lab's host, builds the programs and boots the guest in it.
func boot(t *testing.T) *rig {
	t.Helper()
	if os.Getenv(imageEnv) == "" {
		t.Skipf("make interop runs this: %s names no image of a guest", imageEnv)
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root: network namespaces take CAP_SYS_ADMIN and CAP_NET_ADMIN")
	}
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Skip("no emulator of the guest: Debian package qemu-system-x86")
	}
	image, err := interop.FindImage(os.Getenv(imageEnv))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{dir: t.TempDir()}
	for _, b := range []struct {
		what string
		env  []string
	}{
		{"callmanager/cmd/...", []string{"CGO_ENABLED=0"}},
		{"callmanager/lab/interop/atmpeer", []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}}, // as the guest is, wherever it runs
	} {
		cmd := exec.Command("go", "build", "-o", r.dir+"/", b.what)
		cmd.Env = append(os.Environ(), b.env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	r.cmctl = filepath.Join(r.dir, "cmctl")
	l, err := lab.Prepare(lab.Config{
		Name: fmt.Sprintf("interop%d", os.Getpid()), Daemon: filepath.Join(r.dir, "cmd-daemon"), Owned: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Down(context.Background()); err != nil {
			t.Error(err)
		}
	})
	r.host = l.Hosts()[0]
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	begin := time.Now()
	r.guest, err = interop.Boot(ctx, interop.GuestConfig{
		Image: image, Agent: filepath.Join(r.dir, "atmpeer"), Dir: t.TempDir(), Host: r.host,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.guest.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("the guest answers after %.1f s: Linux %s", time.Since(begin).Seconds(), r.run(t, "uname -r && modprobe atmtcp"))
	return r
}

// run runs a script in the guest and returns its output.
func (r *rig) run(t *testing.T, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	out, err := r.guest.Run(ctx, script)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// eventually waits until check is content.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	var err error
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatalf("%s: not within %s: %v", what, patience, err)
}

// setup is a side and an edition of the UNI.
type setup struct{ role, profile string }

// guestSide is the other side of the link.
func (k setup) guestSide() string {
	if k.role == "network" {
		return "user"
	}
	return "network"
}

// startGuest starts the guest's programs for a session and leaves their processes in files. The session's
// variables stand before it.
const startGuest = `
(atmtcp virtual 0 listen $PORT >/tmp/atmtcp.log 2>&1 & echo $! >/tmp/atmtcp.pid)
n=0; until grep -q atmtcp /proc/net/atm/devices; do n=$((n+1)); [ $n -lt 1500 ] || exit 1; sleep 0.02; done
atmaddr -a 0 ` + theirs + `
` + startSigd

// startSigd starts the guest's signalling alone.
const startSigd = `
(atmsigd -n -l /tmp/sigd.log -u $VERSION -m $SIDE 0.0.5 >/dev/null 2>&1 & echo $! >/tmp/sigd.pid)
`

// endGuest ends them.
const endGuest = `
for p in sigd atmtcp; do
	pid=$(cat /tmp/$p.pid); kill $pid 2>/dev/null
	n=0; while [ -d /proc/$pid ]; do n=$((n+1)); [ $n -lt 250 ] || kill -9 $pid; [ $n -lt 1500 ] || exit 1; sleep 0.02; done
done
n=0; while grep -q atmtcp /proc/net/atm/devices; do n=$((n+1)); [ $n -lt 1500 ] || exit 1; sleep 0.02; done
`

// config is the daemon's.
const config = `[daemon]
socket = %q
address = %q

[[link]]
name = "guest"
transport = "atmtcp"
connect = "127.0.0.1:%d"
role = %q
profile = %q
prefixes = [%q]

[hosts]
guest = %q
`

// firstPort is the first port of atmtcp in the guest; the daemon's side has one of its own beyond all
// of them.
const (
	firstPort = 2812
	firstOurs = 2912
)

// start starts both sides of a link and waits until it is up.
func (r *rig) start(t *testing.T, k setup) *session {
	t.Helper()
	port, here := firstPort+r.session, firstOurs+r.session
	r.session++
	s := &session{rig: r, setup: k, record: filepath.Join(t.TempDir(), "wire.hex")}
	text := fmt.Sprintf(config, r.host.Socket(), ours, here, k.role, k.profile, strings.TrimSuffix(theirs, ".00"), theirs)
	if err := os.WriteFile(r.host.Config(), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s.variables = fmt.Sprintf("PORT=%d VERSION=%s SIDE=%s\n", port, strings.ReplaceAll(k.profile, ".", ""), k.guestSide())
	r.run(t, s.variables+startGuest)
	t.Cleanup(func() { r.run(t, endGuest) })
	wire, err := interop.NewWire(r.host, here, port, s.record)
	if err != nil {
		t.Fatal(err)
	}
	s.wire = wire
	t.Cleanup(wire.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.host.StartDaemon(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.end(t) })
	if s.conn, err = r.host.Dial(ctx); err != nil {
		t.Fatal(err)
	}
	s.follow(t)
	s.awaitLink(t)
	return s
}

// end stops the daemon, and shows what happened if the test has failed.
func (s *session) end(t *testing.T) {
	t.Helper()
	_ = s.conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.rig.host.StopDaemon(ctx, unix.SIGTERM); err != nil {
		t.Error(err)
	}
	if !t.Failed() {
		return
	}
	ladder, err := exec.Command(s.rig.cmctl, "decode", s.record).CombinedOutput()
	t.Logf("the end of what passed (%v):\n%s", err, tail(ladder, 6000))
	log, _ := os.ReadFile(s.rig.host.Log())
	t.Logf("the end of the daemon's log:\n%s", tail(log, 4000))
	t.Logf("the end of atmsigd's log:\n%s", s.rig.run(t, "grep -v -e -------- /tmp/sigd.log | tail -n 30; dmesg | tail -n 5"))
	t.Logf("the guest's console:\n%s", s.rig.guest.Console())
}

// tail returns at most the last n octets.
func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }
