package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// handLink is a row of `cmctl links --json`, as scripts read it.
type handLink struct {
	Name, Interface, Peer, Role, Mode, State string
	LastError                                *string `json:"last_error"`
}

// TestByHand is what a user does without the lab: two namespaces and a veth made with ip, two configurations
// written by hand, two daemons started by hand, and cmctl at their sockets.
func TestByHand(t *testing.T) {
	t.Parallel()
	p := need(t)
	dir, err := workDir()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, labName("hand"))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	const macA, macB = "02:aa:00:00:00:0a", "02:bb:00:00:00:0b"
	nsA, nsB := labName("hand-a"), labName("hand-b")
	for _, ns := range []string{nsA, nsB} {
		runIP(t, "netns", "add", ns)
		t.Cleanup(func() { runIP(t, "netns", "del", ns) })
	}
	runIP(t, "-n", nsA, "link", "add", "east0", "address", macA, "type", "veth", "peer", "name", "west0", "netns", nsB, "address", macB)
	runIP(t, "-n", nsA, "link", "set", "east0", "up")
	runIP(t, "-n", nsB, "link", "set", "west0", "up")

	sockA, sockB := filepath.Join(dir, "a.sock"), filepath.Join(dir, "b.sock")
	addrB := "47.0005.80ff.e100.0000.f21a.1234.00603e000b01.00"
	confA := fmt.Sprintf(`
[daemon]
socket = %q

[[link]]
name = "east"
interface = "east0"
peer = %q
role = "user"
capacity = "1Gbit/s"
prefixes = ["47.0005"]

[hosts]
bob = %q
`, sockA, macB, addrB)
	confB := fmt.Sprintf(`
[daemon]
socket = %q
address = %q
[[link]]
name = "west"
interface = "west0"
peer = %q
role = "network"
`, sockB, addrB, macA)
	daemons := []*program{startByHand(t, p.daemon, nsA, filepath.Join(dir, "a.toml"), confA)}
	daemons = append(daemons, startByHand(t, p.daemon, nsB, filepath.Join(dir, "b.toml"), confB))

	wantUp(t, sockA, handLink{Name: "east", Interface: "east0", Peer: macB, Role: "user", Mode: "frame", State: "up"})
	wantUp(t, sockB, handLink{Name: "west", Interface: "west0", Peer: macA, Role: "network", Mode: "frame", State: "up"})
	for _, listen := range []struct {
		name string
		open bool
	}{{"input /dev/null", false}, {"open input", true}} {
		t.Run(listen.name, func(t *testing.T) {
			l := exec.Command(p.cmctl, "--socket", sockB, "listen")
			var callee *program
			if listen.open {
				callee = launch(t, openInput(t), l)
			} else {
				callee = launch(t, nil, l)
			}
			eventually(t, "the SAP stands", func() error {
				if out := socketProgram(t, sockB, nil, "saps", "--json"); out.wait() != 0 || !strings.Contains(out.out.String(), "handle") {
					return fmt.Errorf("saps: %q %q", out.out.String(), out.err.String())
				}
				return nil
			})
			socketProgram(t, sockA, strings.NewReader("hello\n"), "call", "bob").wantOut("")
			callee.wantOut("hello\n")
		})
	}
	for _, d := range daemons {
		d.signal(unix.SIGTERM)
		if code := d.wait(); code != 0 {
			t.Errorf("cmd-daemon: exit code %d after SIGTERM, want 0; %s", code, d.err.String())
		}
		if strings.Contains(d.err.String(), "panic") {
			t.Errorf("cmd-daemon: %s", d.err.String())
		}
	}
	for _, sock := range []string{sockA, sockB} {
		if _, err := os.Stat(sock); err == nil {
			t.Errorf("%s is still there after SIGTERM", sock)
		}
	}
}

// startByHand writes a configuration and starts a daemon with it in a namespace.
func startByHand(t *testing.T, daemon, netns, path, text string) *program {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	launch(t, nil, exec.Command("ip", "netns", "exec", netns, daemon, "check", "--config", path)).want(0)
	return launch(t, nil, exec.Command("ip", "netns", "exec", netns, daemon, "--config", path))
}

// wantUp waits until the one link of a daemon is up, as `cmctl links --json` shows it.
func wantUp(t *testing.T, socket string, want handLink) {
	t.Helper()
	eventually(t, want.Name+" is up", func() error {
		p := socketProgram(t, socket, nil, "links", "--json")
		if p.wait() != 0 {
			return fmt.Errorf("cmctl links: %s", p.err.String())
		}
		rows := decode[[]handLink](t, p.out.String())
		if len(rows) != 1 || rows[0].LastError == nil {
			return fmt.Errorf("cmctl links: %s", p.out.String())
		}
		rows[0].LastError = nil
		if rows[0] != want {
			return fmt.Errorf("link is %+v, want %+v", rows[0], want)
		}
		return nil
	})
}
