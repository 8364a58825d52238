package lab_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/client"
	"callmanager/config"
	"callmanager/lab"
)

// patience bounds what must come; nothing takes so long.
const patience = 30 * time.Second

// labs numbers the labs of this process.
var labs atomic.Int64

// newName returns a name that no other lab has.
func newName() string { return fmt.Sprintf("u%d-%d", os.Getpid(), labs.Add(1)) }

// needRoot skips a test that has not got the rights that it needs.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: network namespaces take CAP_SYS_ADMIN and CAP_NET_ADMIN, packet sockets CAP_NET_RAW")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs the program ip (Debian package iproute2)")
	}
}

// testConfig is a lab whose daemons this program plays.
func testConfig(t *testing.T) lab.Config {
	t.Helper()
	needRoot(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return lab.Config{Name: newName(), Daemon: self, Owned: true}
}

// limit is a context that ends after patience.
func limit(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// up makes a lab that is removed at the end, of which nothing may be left then.
func up(t *testing.T, cfg lab.Config) *lab.Lab {
	t.Helper()
	l, err := lab.Up(limit(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Down(context.Background()); err != nil {
			t.Error(err)
		}
		wantNothing(t, l)
	})
	return l
}

// wantNothing checks that nothing of a lab is left: directory, namespaces, processes.
func wantNothing(t *testing.T, l *lab.Lab) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(lab.Root, l.Name())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is left: %v", err)
	}
	wantNoNetns(t, l.Name())
	for _, h := range l.Hosts() {
		if h.Running() {
			t.Errorf("the daemon of %s is left", h.Name)
		}
		if err := h.Signal(0); err == nil {
			t.Errorf("the daemon of %s takes signals", h.Name)
		}
	}
}

func wantNoNetns(t *testing.T, name string) {
	t.Helper()
	if left, _ := filepath.Glob("/run/netns/cmd-" + name + "-*"); len(left) != 0 {
		t.Errorf("namespaces are left: %v", left)
	}
}

// await waits until check returns nil.
func await(t *testing.T, what string, check func() error) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// Two hosts joined by a veth: the links come up, a call goes through, daemons can be stopped, killed and started
// again, and nothing is left at the end.
func TestTwoHosts(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.MTU, cfg.Capacity = 1400, "100Mbit/s"
	cfg.Role = map[string]config.Role{"alice": config.RoleUser, "bob": config.RoleNetwork}
	cfg.DaemonArgs = map[string][]string{"bob": {"--further"}}
	l := up(t, cfg)
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	var seen []string
	if err := l.AwaitLinks(limit(t), func(host, link string) { seen = append(seen, host+">"+link) }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(seen) != "[alice>bob bob>alice]" {
		t.Errorf("links came up as %v", seen)
	}
	c, err := alice.Dial(limit(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	links, err := c.Links(t.Context())
	if err != nil || links[0].GetRole() != "user" || links[0].GetCapacity() != 100e6 || links[0].GetMaxSdu() != 1392 ||
		links[0].GetMac() != alice.MAC || links[0].GetPeer() != bob.MAC || links[0].GetAddress() != alice.Address {
		t.Errorf("alice's link is %v, %v", links, err)
	}
	callThrough(t, alice, bob)
	wantInterfaces(t, alice)
	if text, err := os.ReadFile(bob.Log()); err != nil || !strings.Contains(string(text), "--further") {
		t.Errorf("bob's log: %q, %v", text, err)
	}
	if err := alice.StartDaemon(limit(t)); err == nil || !strings.Contains(err.Error(), "is running") {
		t.Errorf("a second daemon: %v", err)
	}
	for _, sig := range []unix.Signal{unix.SIGTERM, unix.SIGKILL} {
		if err := bob.StopDaemon(limit(t), sig); err != nil || bob.Running() {
			t.Fatalf("stopped by %s: %v", unix.SignalName(sig), err)
		}
		if err := bob.StopDaemon(limit(t), sig); err != nil {
			t.Errorf("stopped again: %v", err)
		}
		if err := bob.Signal(sig); err == nil {
			t.Error("a daemon that is not running takes a signal")
		}
		if err := bob.StartDaemon(limit(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.AwaitLinks(limit(t), nil); err != nil {
		t.Fatal(err)
	}
	callThrough(t, alice, bob)
	// A daemon that ends by itself is noticed.
	if err := bob.Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "bob's daemon is gone", func() error {
		if bob.Running() {
			return errors.New("it is running")
		}
		return nil
	})
	if _, err := l.Host("carol"); err == nil || !strings.Contains(err.Error(), "alice, bob") {
		t.Errorf("no such host: %v", err)
	}
}

// callThrough makes a call by name and sends an SDU.
func callThrough(t *testing.T, from, to *lab.Host) {
	t.Helper()
	ctx := limit(t)
	caller, err := from.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = caller.Close() }()
	called, err := to.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = called.Close() }()
	listener, err := called.Listen(ctx, client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() {
		defer close(got)
		o, err := listener.Accept(ctx)
		if err != nil {
			return
		}
		v, err := o.Accept(ctx)
		if err != nil {
			return
		}
		buf := make([]byte, v.MaxReceive())
		n, _ := v.Read(buf)
		got <- string(buf[:n])
		_ = v.Close()
	}()
	v, err := caller.Call(ctx, to.Name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Write([]byte("from " + from.Name)); err != nil {
		t.Error(err)
	}
	if s := <-got; s != "from "+from.Name {
		t.Errorf("%s got %q", to.Name, s)
	}
	_ = v.Close()
}

// wantInterfaces looks into a host: it has its NIC, its daemon's socket in the environment, and nothing on the
// wire but what the lab's hosts send.
func wantInterfaces(t *testing.T, h *lab.Host) {
	t.Helper()
	out, err := h.Command(limit(t), "sh", "-c", `ls /sys/class/net; cat /sys/class/net/eth0/address; cat /proc/net/if_inet6; echo "$CMD_SOCKET"`).Output()
	if err != nil {
		out, err = h.Command(limit(t), "sh", "-c", `ip -o link show; ip -6 -o addr show; echo "$CMD_SOCKET"`).Output()
	}
	text := string(out)
	if err != nil || !strings.Contains(text, "eth0") || !strings.Contains(text, h.MAC) || !strings.HasSuffix(text, h.Socket()+"\n") {
		t.Errorf("%s sees %q, %v", h.Name, text, err)
	}
	if strings.Contains(text, "fe80") {
		t.Errorf("%s has IPv6: %q", h.Name, text)
	}
}

// Three hosts hang on one bridge, each with a link to every other.
func TestThreeHosts(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Hosts = []string{"anna", "berta", "carla-2"}
	l := up(t, cfg)
	seen := map[string]bool{}
	if err := l.AwaitLinks(limit(t), func(host, link string) { seen[host+">"+link] = true }); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 6 || !seen["carla-2>anna"] || !seen["anna>carla-2"] {
		t.Errorf("links came up as %v", seen)
	}
	for _, from := range l.Hosts() {
		for _, to := range l.Hosts() {
			if from != to {
				callThrough(t, from, to)
			}
		}
	}
}

// A daemon that does not come up shows why, and nothing is left.
func TestDaemonFails(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.DaemonArgs = map[string][]string{"bob": {"--fail"}}
	_, err := lab.Up(limit(t), cfg)
	if err == nil || !strings.Contains(err.Error(), "the daemon of bob ended at once") ||
		!strings.Contains(err.Error(), "line 19 of the log") || !strings.Contains(err.Error(), "the reason stands last") ||
		strings.Contains(err.Error(), "line 3 ") {
		t.Errorf("up: %v", err)
	}
	wantNoNetns(t, cfg.Name)
	// One that never serves holds nobody beyond the context.
	cfg.DaemonArgs = map[string][]string{"alice": {"--mute"}}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = lab.Up(ctx, cfg)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the daemon of alice does not answer") {
		t.Errorf("up: %v", err)
	}
	wantNoNetns(t, cfg.Name)
	cfg.Daemon = "/nonexistent/cmd-daemon"
	cfg.DaemonArgs = nil
	if _, err = lab.Up(limit(t), cfg); err == nil {
		t.Error("a daemon that there is not")
	}
	wantNoNetns(t, cfg.Name)
	if _, err := os.Stat(filepath.Join(lab.Root, cfg.Name)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is left: %v", err)
	}
}

// A daemon that does not end in time is killed, which is told, and everything else goes all the same. So does
// what else runs in a host.
func TestDeafDaemon(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.DaemonArgs = map[string][]string{"bob": {"--deaf"}}
	l := up(t, cfg)
	bob := l.Hosts()[1]
	stray := bob.Command(context.Background(), "sleep", "1000")
	if err := stray.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "sleep runs in bob", func() error {
		out, err := exec.Command("ip", "netns", "pids", bob.Netns).Output()
		if err == nil && strings.Count(string(out), "\n") < 2 {
			err = fmt.Errorf("only %q", out)
		}
		return err
	})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := l.Down(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "stop the daemon of bob") {
		t.Errorf("down: %v", err)
	}
	wantNothing(t, l)
	if err := stray.Wait(); err == nil {
		t.Error("what ran in bob has ended by itself")
	}
	if err := l.Down(t.Context()); err != nil {
		t.Errorf("down again: %v", err)
	}
}

// A lab whose owner is killed is swept away by the next one; labs of living owners and of none stay.
func TestSweep(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	living := up(t, cfg)
	cfg.Name, cfg.Owned = newName(), false
	ownerless := up(t, cfg)
	if living.Owner() != os.Getpid() || ownerless.Owner() != 0 {
		t.Errorf("owners %d and %d", living.Owner(), ownerless.Owner())
	}
	name := newName()
	owner := exec.Command(cfg.Daemon)
	owner.Env = append(os.Environ(), ownerEnv+"="+name)
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	owner.Stderr = os.Stderr
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
		t.Fatalf("the owner says %q, %v", line, err)
	}
	orphan, err := lab.Open(name)
	if err != nil || orphan.Owner() != owner.Process.Pid {
		t.Fatalf("the lab of process %d: %v", owner.Process.Pid, err)
	}
	if err := lab.Sweep(); err != nil {
		t.Fatal(err)
	}
	if !orphan.Hosts()[0].Running() {
		t.Error("the lab of a living owner is swept away")
	}
	_ = owner.Process.Kill()
	_ = owner.Wait()
	await(t, "the lab of a killed owner is gone", func() error {
		err := lab.Sweep() // another process may be at it, too
		if _, openErr := lab.Open(name); err == nil && !errors.Is(openErr, fs.ErrNotExist) {
			err = errors.New("it is there")
		}
		return err
	})
	wantNoNetns(t, name)
	for _, h := range orphan.Hosts() {
		if h.Running() {
			t.Errorf("the daemon of %s is left", h.Name)
		}
	}
	for _, l := range []*lab.Lab{living, ownerless} {
		if _, err := lab.Open(l.Name()); err != nil || !l.Hosts()[0].Running() {
			t.Errorf("the lab %s is swept away: %v", l.Name(), err)
		}
	}
}

// Another process finds the lab with its daemons, and may stop, start and remove it.
func TestOpen(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.DaemonArgs = map[string][]string{"bob": {"--further"}}
	l := up(t, cfg)
	other, err := lab.Open(cfg.Name)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range other.Hosts() {
		mine := l.Hosts()[i]
		if h.Name != mine.Name || h.MAC != mine.MAC || h.Address != mine.Address || h.PID != mine.PID || !h.Running() || h.Netns != mine.Netns {
			t.Errorf("found %+v, made %+v", h, mine)
		}
	}
	bob, err := other.Host("bob")
	if err != nil {
		t.Fatal(err)
	}
	if err := bob.StopDaemon(limit(t), unix.SIGTERM); err != nil || bob.Running() {
		t.Fatalf("stop: %v", err)
	}
	if err := bob.StartDaemon(limit(t)); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(bob.Log()); strings.Count(string(text), "--further") != 2 {
		t.Errorf("bob's daemon was started as %q", text)
	}
	if err := other.AwaitLinks(limit(t), nil); err != nil {
		t.Error(err)
	}
	if err := other.Down(limit(t)); err != nil {
		t.Error(err)
	}
	wantNothing(t, other)
	if _, err := lab.Open(cfg.Name); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "cmctl lab up") {
		t.Errorf("open afterwards: %v", err)
	}
}

// A second lab of one name, and one whose namespaces are others', is refused and leaves the first alone.
func TestTaken(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	l := up(t, cfg)
	if _, err := lab.Prepare(cfg); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "lab down") {
		t.Errorf("a second one: %v", err)
	}
	// The lab "x" with a host "y-z" and the lab "x-y" with a host "z" have namespaces of one name.
	cfg.Name, cfg.Hosts = newName(), []string{"y-z", "zoe"}
	taken := "cmd-" + cfg.Name + "-y-z"
	if out, err := exec.Command("ip", "netns", "add", taken).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", taken).Run() })
	if _, err := lab.Prepare(cfg); err == nil || !strings.Contains(err.Error(), "there is a namespace "+taken) {
		t.Errorf("one with others' namespaces: %v", err)
	}
	if _, err := os.Stat("/run/netns/" + taken); err != nil {
		t.Errorf("somebody's namespace: %v", err)
	}
	if !l.Hosts()[0].Running() {
		t.Error("the first one's daemon has ended")
	}
}

// The first `ip netns add` of a machine comes while a lab is there. It is tried where /run is as new as on
// such a machine, in a mount namespace of its own.
func TestFirstNetns(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	if os.Getenv(newRunEnv) == "" {
		cmd := exec.CommandContext(limit(t), cfg.Daemon, "-test.run=^TestFirstNetns$")
		cmd.Env = append(os.Environ(), newRunEnv+"=yes")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	l, err := lab.Up(limit(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"add", "del"} {
		if out, err := exec.CommandContext(limit(t), "ip", "netns", verb, "first").CombinedOutput(); err != nil {
			t.Errorf("ip netns %s: %v: %s", verb, err, out)
		}
	}
	if err := l.Down(limit(t)); err != nil {
		t.Error(err)
	}
	wantNothing(t, l)
}

// newRunEnv tells TestFirstNetns that it is in a mount namespace of its own.
const newRunEnv = "LAB_TEST_NEW_RUN"

// A lab that was interrupted while it made its first namespace is removed like any other.
func TestHalfMade(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	l, err := lab.Prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range l.Hosts() {
		if err := unix.Unmount("/run/netns/"+h.Netns, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}
	if err := l.Down(limit(t)); err != nil {
		t.Error(err)
	}
	wantNothing(t, l)
}

// Names become parts of files, namespaces and configurations.
func TestNames(t *testing.T) {
	long := strings.Repeat("x", 25)
	for _, bad := range []string{"-a", "1a", "a b", "a/b", "..", "../a", "a.b", "a_b", "ä", "a\n", long, "a\"", "\x00", "a\x00"} {
		if _, err := lab.Prepare(lab.Config{Name: bad, Daemon: "/bin/true"}); err == nil || !strings.Contains(err.Error(), "want 1 to 24 letters") {
			t.Errorf("lab %q: %v", bad, err)
		}
		if _, err := lab.Prepare(lab.Config{Hosts: []string{"a", bad}, Daemon: "/bin/true"}); err == nil || !strings.Contains(err.Error(), "want 1 to 24 letters") {
			t.Errorf("host %q: %v", bad, err)
		}
		if _, err := lab.Open(bad); err == nil || !strings.Contains(err.Error(), "want 1 to 24 letters") {
			t.Errorf("open %q: %v", bad, err)
		}
	}
	many := make([]string, 65)
	for i := range many {
		many[i] = fmt.Sprintf("h%d", i)
	}
	for words, hosts := range map[string][]string{
		"1 hosts, want 2 to 64":  {"a"},
		"65 hosts, want 2 to 64": many,
		`host "a": the name is`:  {"a", "b", "a"},
		`host "bridge": the`:     {"a", "bridge"},
		`host "": want 1 to 24`:  {"a", ""},
	} {
		if _, err := lab.Prepare(lab.Config{Hosts: hosts, Daemon: "/bin/true"}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%d hosts: %v, want %q", len(hosts), err, words)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := lab.Prepare(lab.Config{Name: "a"}); err == nil || !strings.Contains(err.Error(), "no cmd-daemon beside this program nor in PATH") {
		t.Errorf("without a daemon: %v", err)
	}
}

// What stands in a state file is checked before it is used.
func TestDamagedState(t *testing.T) {
	t.Parallel()
	needRoot(t)
	name := newName()
	dir := filepath.Join(lab.Root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, text := range []string{"", "{", `{"hosts":[null]}`, `{"hosts":{}}`, `[]`} {
		if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := lab.Open(name); err == nil {
			t.Errorf("%q is a lab", text)
		}
		if err := lab.Sweep(); err != nil {
			t.Errorf("sweeping with %q there: %v", text, err)
		}
	}
}

// The configurations that a lab writes are right, and say what was asked for.
func TestConfigurations(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Hosts = []string{"anna", "berta", "carla"}
	cfg.Role, cfg.Capacity = map[string]config.Role{"berta": config.RoleNetwork}, "10Mbit/s"
	l, err := lab.Prepare(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Down(context.Background()); err != nil {
			t.Error(err)
		}
		wantNothing(t, l)
	})
	for _, h := range l.Hosts() {
		c, err := config.Load(h.Config())
		if err != nil {
			t.Fatal(err)
		}
		if c.Daemon.Socket != h.Socket() || len(c.Links) != 2 || len(c.Hosts) != 2 || h.Running() {
			t.Errorf("%s: socket %s, %d links, %d hosts", h.Name, c.Daemon.Socket, len(c.Links), len(c.Hosts))
		}
		for _, k := range c.Links {
			peer, err := l.Host(k.Name)
			if err != nil || k.Peer.String() != peer.MAC || k.Interface != h.Interface || k.Capacity != 10e6 ||
				c.Hosts[k.Name].String() != peer.Address || (k.Role == config.RoleNetwork) != (h.Name == "berta") {
				t.Errorf("%s: link %+v, %v", h.Name, k, err)
			}
		}
	}
}
