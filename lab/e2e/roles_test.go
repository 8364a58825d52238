package e2e_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"callmanager/client"
)

// roles are the parts that this program plays in processes of their own. Each gets its arguments by the
// environment, prints "ready" when it is set up, and ends with its standard input.
var roles = map[string]func(context.Context) error{
	"caller":   playCaller,
	"acceptor": playAcceptor,
	"victim":   playVictim,
}

// Arguments of the parts.
const (
	socketEnv = "E2E_SOCKET"
	destEnv   = "E2E_DEST"
	callsEnv  = "E2E_CALLS"
)

// play plays a part and returns the exit code.
func play(role string) int {
	f := roles[role]
	if f == nil {
		fmt.Fprintf(os.Stderr, "no role %q\n", role)
		return 2
	}
	if err := f(context.Background()); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
		return 1
	}
	return 0
}

// actor starts this program in a part.
func actor(tb testing.TB, role string, env ...string) *exec.Cmd {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(append(os.Environ(), roleEnv+"="+role), env...)
	return cmd
}

// act starts a part and waits until it is ready. Its input stays open until the end of the test.
func act(tb testing.TB, role string, env ...string) *program {
	tb.Helper()
	p := launch(tb, openInput(tb), actor(tb, role, env...))
	eventually(tb, role+" is ready", func() error {
		select {
		case <-p.done:
			tb.Fatalf("%s ended: %s", role, p.err.String())
		default:
		}
		if !strings.HasPrefix(p.out.String(), "ready\n") {
			return errors.New("not yet: " + p.err.String())
		}
		return nil
	})
	return p
}

// ready tells the test that a part is set up, and waits for the end of the input.
func ready() error {
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, bufio.NewReader(os.Stdin))
	return err
}

// playCaller makes calls and keeps them.
func playCaller(ctx context.Context) error {
	c, err := client.Dial(ctx, client.Options{Socket: os.Getenv(socketEnv), Name: "caller"})
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(os.Getenv(callsEnv))
	if err != nil {
		return err
	}
	for range n {
		if _, err := c.Call(ctx, os.Getenv(destEnv), reserve(1e6)); err != nil {
			return err
		}
	}
	return ready()
}

// playAcceptor accepts every call and keeps it.
func playAcceptor(ctx context.Context) error {
	c, err := client.Dial(ctx, client.Options{Socket: os.Getenv(socketEnv), Name: "acceptor"})
	if err != nil {
		return err
	}
	l, err := c.Listen(ctx, client.SAP{})
	if err != nil {
		return err
	}
	go acceptAll(ctx, l)
	return ready()
}

// acceptAll accepts every call of a listener, and gives back those that the other side releases.
func acceptAll(ctx context.Context, l *client.Listener) {
	for {
		o, err := l.Accept(ctx)
		if err != nil {
			return
		}
		go func() {
			v, err := o.Accept(ctx)
			if err != nil {
				return
			}
			<-v.Released()
			_ = v.Close()
		}()
	}
}
