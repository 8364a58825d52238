package deploy_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/client"
	"callmanager/lab"
)

// TestDaemonInSandbox lets two daemons set up a call with no more than the unit allows them: its one
// capability, its system calls, its address families.
func TestDaemonInSandbox(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: network namespaces take CAP_SYS_ADMIN")
	}
	if _, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0); err != nil {
		t.Skipf("takes a kernel with CONFIG_SECCOMP_FILTER: %v", err)
	}
	calls := allowedCalls(t)
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "callmanager/cmd/cmd-daemon")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(sandboxProgram, filepath.Join(dir, "cmd-daemon"))
	t.Setenv(sandboxCalls, strings.Join(calls, " "))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	l, err := lab.Up(ctx, lab.Config{Name: fmt.Sprintf("unit%d", os.Getpid()), Daemon: self, Owned: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Down(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	}()
	if err := l.AwaitLinks(ctx, nil); err != nil {
		t.Fatal(err)
	}
	exchange(ctx, t, l.Hosts()[0], l.Hosts()[1])
	for _, h := range l.Hosts() {
		log, err := os.ReadFile(h.Log())
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(log) {
			if bytes.Contains(line, []byte("not permitted")) || bytes.Contains(line, []byte("not supported")) {
				t.Errorf("%s: %s", h.Name, line)
			}
		}
	}
}

// exchange places a call by which an SDU arrives.
func exchange(ctx context.Context, t *testing.T, from, to *lab.Host) {
	t.Helper()
	caller, called := dial(ctx, t, from), dial(ctx, t, to)
	links, err := caller.Links(ctx)
	if err != nil || len(links) != 1 || links[0].GetCapacity() == 0 {
		t.Errorf("links are %v, %v, want one that knows the speed of its NIC", links, err)
	}
	listener, err := called.Listen(ctx, client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	const text = "through the sandbox"
	sent := make(chan error, 1)
	go func() {
		v, err := caller.Call(ctx, to.Name, nil)
		if err == nil {
			_, err = v.Write([]byte(text))
		}
		if err == nil {
			err = v.Close()
		}
		sent <- err
	}()
	offer, err := listener.Accept(ctx)
	if err != nil {
		t.Fatal(err, <-sent)
	}
	v, err := offer.Accept(ctx)
	if err != nil {
		t.Fatal(err, <-sent)
	}
	buf := make([]byte, v.MaxReceive())
	if n, err := v.Read(buf); err != nil || string(buf[:n]) != text {
		t.Errorf("received %q, %v, want %q", buf[:n], err, text)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func dial(ctx context.Context, t *testing.T, h *lab.Host) *client.Conn {
	t.Helper()
	c, err := h.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// allowedCalls returns the numbers of the system calls that the unit's SystemCallFilter allows here.
func allowedCalls(t *testing.T) (numbers []string) {
	t.Helper()
	groups := callGroups(t)
	allowed := map[string]bool{}
	maps.Copy(allowed, groups.names("@default"))
	for _, line := range readUnit(t)["Service"]["SystemCallFilter"] {
		line, deny := strings.CutPrefix(line, "~")
		for word := range strings.FieldsSeq(line) {
			for name := range groups.names(word) {
				allowed[name] = !deny
			}
		}
	}
	for name, number := range callNumbers(t) {
		if allowed[name] {
			numbers = append(numbers, number)
		}
	}
	if len(numbers) < 100 {
		t.Fatalf("the filter allows only %d system calls", len(numbers))
	}
	return numbers
}

// groups are systemd's sets of system calls.
type groups map[string][]string

// names returns the system calls of a set, or a system call itself.
func (g groups) names(word string) map[string]bool {
	if !strings.HasPrefix(word, "@") {
		return map[string]bool{word: true}
	}
	all := map[string]bool{}
	for _, w := range g[word] {
		maps.Copy(all, g.names(w))
	}
	return all
}

// callGroups asks systemd for its sets.
func callGroups(t *testing.T) groups {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), systemdAnalyze(t), "syscall-filter").Output()
	if err != nil {
		t.Fatalf("systemd-analyze syscall-filter: %v", err)
	}
	g, set := groups{}, ""
	for line := range strings.Lines(string(out)) {
		word := strings.TrimSpace(line)
		switch {
		case word == "" || strings.HasPrefix(word, "#"):
		case strings.HasPrefix(line, "@"):
			set = word
		case strings.HasPrefix(line, " "):
			g[set] = append(g[set], word)
		}
	}
	return g
}

// callNumbers asks the C compiler for the numbers of the system calls.
func callNumbers(t *testing.T) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "gcc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null")
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("takes gcc and libc6-dev: %v", err)
	}
	numbers := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 3 && strings.HasPrefix(f[1], "__NR_") {
			numbers[strings.TrimPrefix(f[1], "__NR_")] = f[2]
		}
	}
	return numbers
}

// parseCalls reads what allowedCalls has written.
func parseCalls(s string) (map[uint32]bool, error) {
	calls := map[uint32]bool{}
	for w := range strings.FieldsSeq(s) {
		n, err := strconv.ParseUint(w, 10, 32)
		if err != nil {
			return nil, err
		}
		calls[uint32(n)] = true
	}
	return calls, nil
}
