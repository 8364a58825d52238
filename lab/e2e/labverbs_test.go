package e2e_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/lab"
)

// labProgram starts cmctl for a lab by name.
func labProgram(t *testing.T, name string, args ...string) *program {
	t.Helper()
	return launch(t, nil, command(need(t).cmctl, append([]string{"--lab", name}, args...)...))
}

// remains lists what is left of a lab: its directory, its namespaces, and processes that were started for it.
func remains(t *testing.T, name string) (left []string) {
	t.Helper()
	dir := filepath.Join(lab.Root, name)
	if _, err := os.Stat(dir); err == nil {
		left = append(left, dir)
	}
	spaces, err := filepath.Glob("/run/netns/cmd-" + name + "-*")
	if err != nil {
		t.Fatal(err)
	}
	left = append(left, spaces...)
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), name) && !strings.HasPrefix(path, "/proc/"+strconv.Itoa(os.Getpid())+"/") {
			left = append(left, path+": "+strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	return left
}

// awaitNothing waits until nothing is left of a lab.
func awaitNothing(t *testing.T, name string) {
	t.Helper()
	eventually(t, "nothing is left of the lab "+name, func() error {
		if left := remains(t, name); len(left) > 0 {
			return fmt.Errorf("there are %q", left)
		}
		return nil
	})
}

// TestLabRun: the lab stands while the command runs, which reaches the daemons; the exit code is the command's; and
// nothing is left.
func TestLabRun(t *testing.T) {
	t.Parallel()
	name := labName("run")
	script := `set -e
	[ "$CMD_LAB" = ` + name + ` ]
	cmctl --host bob listen > "$OUT" & listener=$!
	until cmctl --host bob saps --json | grep -q handle; do :; done
	echo hello | cmctl --host alice call bob
	wait $listener
	cmctl lab exec alice -- ip -o link show eth0 | grep -q 02:00:00:00:00:01
	cmctl lab exec bob -- sh -c 'cmctl links --json' | grep -q '"state": "up"'
	exit 7`
	out := filepath.Join(t.TempDir(), "out")
	cmd := command(need(t).cmctl, "--lab", name, "lab", "run", "--", "bash", "-c", script)
	cmd.Env = append(os.Environ(), "OUT="+out)
	p := launch(t, nil, cmd)
	if code := p.wait(); code != 7 {
		t.Errorf("lab run: exit code %d, want that of the command, 7; %s", code, p.err.String())
	}
	if text, err := os.ReadFile(out); err != nil || string(text) != "hello\n" {
		t.Errorf("bob got %q, %v", text, err)
	}
	if left := remains(t, name); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestLabEnds: Ctrl-C, SIGTERM and SIGKILL of `cmctl lab run` leave nothing behind.
func TestLabEnds(t *testing.T) {
	t.Parallel()
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGKILL} {
		t.Run(unix.SignalName(sig), func(t *testing.T) {
			t.Parallel()
			name := labName("end")
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = r.Close() })
			cmd := command(need(t).cmctl, "--lab", name, "lab", "run", "--", "sh", "-c", "echo ready; exec cat "+name+" - <&0")
			cmd.Stdout = w
			// A terminal sends Ctrl-C to all of its processes.
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			p := launch(t, openInput(t), cmd)
			_ = w.Close()
			if line, err := bufio.NewReader(r).ReadString('\n'); err != nil {
				t.Fatalf("lab run printed %q: %v; %s", line, err, p.err.String())
			}
			if len(remains(t, name)) < 5 {
				t.Errorf("while the lab runs there are only %q", remains(t, name))
			}
			target := cmd.Process.Pid
			if sig == unix.SIGINT {
				target = -target
			}
			if err := unix.Kill(target, sig); err != nil {
				t.Fatal(err)
			}
			if code := p.wait(); code == 0 {
				t.Error("lab run has exit code 0 after " + unix.SignalName(sig))
			}
			awaitNothing(t, name)
		})
	}
}

// TestLabUp: a lab of three on one bridge stays after lab up; each of its six links is up, every host
// calls every other, and lab down removes it.
func TestLabUp(t *testing.T) {
	t.Parallel()
	name, hosts := labName("up"), []string{"anna", "berta", "carla"}
	t.Cleanup(func() { labProgram(t, name, "lab", "down").wait() })
	p := labProgram(t, name, "lab", "up", "--hosts", strings.Join(hosts, ","))
	p.want(0, "anna: link to berta is up", "carla: link to anna is up")
	if !strings.Contains(p.out.String(), "--lab "+name+" --host anna call berta") {
		t.Errorf("lab up does not say how to use it: %s", p.out.String())
	}
	labProgram(t, name, "lab", "up").want(1, "exists")
	for _, from := range hosts {
		p := labProgram(t, name, "--host", from, "links", "--json")
		p.want(0)
		rows := decode[[]map[string]any](t, p.out.String())
		if len(rows) != 2 {
			t.Errorf("%s has %d links, want 2", from, len(rows))
		}
		for _, row := range rows {
			if row["state"] != "up" {
				t.Errorf("link %v of %s is %v: %v", row["name"], from, row["state"], row["last_error"])
			}
		}
	}
	l, err := lab.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range hosts {
		h, err := l.Host(to)
		if err != nil {
			t.Fatal(err)
		}
		callee := listening(t, h, nil, "--count", "2", "--lines")
		var want []string
		for _, from := range hosts {
			if from == to {
				continue
			}
			want = append(want, from)
			caller := launch(t, strings.NewReader(from), command(need(t).cmctl, "--lab", name, "--host", from, "call", to))
			caller.wantOut("")
		}
		callee.want(0)
		got := strings.Fields(callee.out.String())
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s got calls from %q, want %q", to, got, want)
		}
	}
	// What runs in a host ends with the lab.
	stray := labProgram(t, name, "lab", "exec", "carla", "--", "sleep", "1000")
	eventually(t, "sleep runs in carla", func() error {
		if out, err := exec.Command("ip", "netns", "pids", "cmd-"+name+"-carla").Output(); strings.Count(string(out), "\n") < 2 {
			return fmt.Errorf("only %q, %w", out, err)
		}
		return nil
	})
	labProgram(t, name, "--host", "dora", "links").want(1, "there are anna, berta, carla")
	labProgram(t, name, "lab", "down").want(0)
	stray.wait()
	awaitNothing(t, name)
	labProgram(t, name, "lab", "down").want(1, "there is no lab named")
	labProgram(t, name, "--host", "anna", "links").want(1, "there is no lab named")
}

// TestLabExec: lab exec gives the command's streams and exit code, and the environment of its host.
func TestLabExec(t *testing.T) {
	t.Parallel()
	l := up(t, lab.Config{})
	cmd := exec.Command(need(t).cmctl, "--lab", l.Name(), "lab", "exec", "bob", "--", "sh", "-c", `cat; echo "$CMD_SOCKET" >&2; exit 9`)
	p := launch(t, strings.NewReader("through"), cmd)
	p.want(9, l.Hosts()[1].Socket())
	if p.out.String() != "through" {
		t.Errorf("stdout %q", p.out.String())
	}
	labProgram(t, l.Name(), "lab", "exec", "carol", "--", "true").want(1, "there are alice, bob")
	labProgram(t, l.Name(), "lab", "exec", "bob").want(2, "usage")
}
