package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/lab"
)

// buffer is memory that a program writes while a test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// program is a running program.
type program struct {
	tb       testing.TB
	cmd      *exec.Cmd
	out, err buffer
	done     chan struct{}
	code     int
}

// launch starts a program that is killed at the end of the test unless it has ended. A nil input is
// /dev/null.
func launch(tb testing.TB, in io.Reader, cmd *exec.Cmd) *program {
	tb.Helper()
	p := &program{tb: tb, cmd: cmd, done: make(chan struct{})}
	cmd.Stdin = in
	if cmd.Stdout == nil {
		cmd.Stdout = &p.out
	}
	cmd.Stderr = &p.err
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go func() {
		err := cmd.Wait()
		p.code = cmd.ProcessState.ExitCode()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
			p.code = -2
		}
		close(p.done)
	}()
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-p.done
	})
	return p
}

// wait waits for the end of the program and returns its exit code.
func (p *program) wait() int {
	p.tb.Helper()
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-p.done:
	case <-t.C:
		p.tb.Fatalf("%s has not ended within %s; stdout %q, stderr %q", p.cmd, patience, tail(p.out.String()), p.err.String())
	}
	return p.code
}

// want waits for the end and checks exit code and standard error, in which each text must appear; without
// texts it must be empty.
func (p *program) want(code int, stderr ...string) {
	p.tb.Helper()
	if got := p.wait(); got != code {
		p.tb.Errorf("%s: exit code %d, want %d; stderr %q", p.cmd, got, code, p.err.String())
	}
	if len(stderr) == 0 && p.err.String() != "" {
		p.tb.Errorf("%s: stderr %q, want nothing", p.cmd, p.err.String())
	}
	for _, text := range stderr {
		if !strings.Contains(p.err.String(), text) {
			p.tb.Errorf("%s: stderr %q, want %q in it", p.cmd, p.err.String(), text)
		}
	}
}

// wantOut waits for a clean end and checks standard output.
func (p *program) wantOut(out string) {
	p.tb.Helper()
	p.want(0)
	if got := p.out.String(); got != out {
		p.tb.Errorf("%s: stdout %q, want %q", p.cmd, tail(got), tail(out))
	}
}

// signal sends a signal to the program.
func (p *program) signal(sig unix.Signal) {
	p.tb.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.tb.Fatal(err)
	}
}

// tail shortens a text for a message.
func tail(s string) string { return s[max(0, len(s)-400):] }

// socketProgram starts cmctl at a socket. It runs in the namespace of the tests: sockets know none.
func socketProgram(tb testing.TB, socket string, in io.Reader, args ...string) *program {
	tb.Helper()
	cmd := exec.Command(need(tb).cmctl, args...)
	cmd.Env = append(os.Environ(), lab.SocketEnv+"="+socket)
	return launch(tb, in, cmd)
}

// cmctl starts cmctl at a host's daemon.
func cmctl(tb testing.TB, h *lab.Host, in io.Reader, args ...string) *program {
	tb.Helper()
	return socketProgram(tb, h.Socket(), in, args...)
}

// listening starts cmctl listen and waits until its SAP stands.
func listening(tb testing.TB, h *lab.Host, in io.Reader, args ...string) *program {
	tb.Helper()
	c := dial(tb, h)
	defer func() { _ = c.Close() }()
	before, err := c.SAPs(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	p := cmctl(tb, h, in, append([]string{"listen"}, args...)...)
	eventually(tb, "cmctl listen has a SAP", func() error {
		now, err := c.SAPs(tb.Context())
		if err == nil && len(now) <= len(before) {
			err = errors.New("not yet: " + p.err.String())
		}
		return err
	})
	return p
}

// runIP runs ip to its end and fails unless it succeeds.
func runIP(tb testing.TB, args ...string) {
	tb.Helper()
	if out, err := exec.CommandContext(context.Background(), "ip", args...).CombinedOutput(); err != nil {
		tb.Fatalf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// command is exec.Command.
func command(name string, args ...string) *exec.Cmd { return exec.Command(name, args...) }

// openInput returns an input that stays open and empty until the end of the test.
func openInput(tb testing.TB) io.Reader {
	tb.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = w.Close()
		_ = r.Close()
	})
	return r
}
